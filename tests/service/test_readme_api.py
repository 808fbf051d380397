"""The README's tables of the API are those of the code."""

from __future__ import annotations

import re

from service.errors import Unavailable
from service.outcomes import METHOD_NOT_ALLOWED, UNKNOWN_URL
from service.rest.http_refusals import REASONS
from service.rest.playground import LOAD_PATH, PAGE_PATHS
from service.rest.statuses import ANSWERS
from service.rpc.statuses import STATUSES
from tests.service.conftest import Service
from tests.service.process import ROOT

ROUTED = {UNKNOWN_URL: 404, METHOD_NOT_ALLOWED: 405}
NOT_ANSWERED = {Unavailable.code}  # its children are


def table(heading: str) -> list[list[str]]:
    """The cells of the rows below it."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = readme.partition(f"\n{heading}\n")[2].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows[1:]]


def names(cell: str) -> list[str]:
    return re.findall("`([^`]+)`", cell)


def routes() -> set[str]:
    """Each as `METHOD /path`."""
    chapter = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## The API\n")[2]
    found = set()
    for method, others in re.findall(r"^\| `(GET|POST) (/.*?) \|", chapter, re.MULTILINE):
        found |= {f"{method} {path}" for path in names("`" + others)}
    return found


async def test_readme_lists_the_routes_that_there_are(service: Service) -> None:
    served = {
        f"{each.method} {each.path.replace(':path', '')}"
        for each in service.parts.rest.operations()
    }
    pages = {f"GET {path}" for path in (*PAGE_PATHS, LOAD_PATH)}
    assert routes() == served | pages


def test_readme_lists_the_codes_of_errors_with_their_statuses() -> None:
    listed = {}
    for codes, statuses, *_ in table("| `code` | HTTP | gRPC | what to do |"):
        each = [int(status) for status in re.findall(r"\d{3}", statuses)]
        for place, code in enumerate(names(codes)):
            listed[code] = each[place] if len(each) > 1 else each[0]
    answered = {code: answer.status for code, answer in ANSWERS.items() if code not in NOT_ANSWERED}
    refused = {each.code: each.status.value for each in REASONS}
    assert listed == answered | refused | ROUTED


def test_readme_lists_the_statuses_of_grpc() -> None:
    for codes, _, status, _ in table("| `code` | HTTP | gRPC | what to do |"):
        for code in names(codes):
            if status:
                assert STATUSES[code].name == status.split()[0], code
