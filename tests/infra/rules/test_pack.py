"""Every rule of the pack: what it finds, what it lets pass, and what it says of itself."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.assemblies import ROOT
from tests.infra.rules.pack_fixtures import FIXTURES, PACK, fixture, found, matches

# What anybody may cite: a document of AWS, or an issue.
EVIDENCE = re.compile(r"https://(docs\.aws\.amazon\.com|github\.com/[\w-]+/[\w-]+/issues)/\S+")
# <what is wrong>: got <value>; <what to do>
MESSAGE = re.compile(r".{15,}: got .+; .{6,}[^.]")


@pytest.mark.parametrize("rule", PACK)
def test_a_rule_finds_its_failing_template_and_is_alone_to_do_so(rule: str) -> None:
    assert found(fixture(rule, "bad")) == {rule}


@pytest.mark.parametrize("rule", PACK)
def test_nothing_is_found_in_its_passing_template(rule: str) -> None:
    assert fixture(rule, "good").exists()
    assert found(fixture(rule, "good")) == set()


def test_every_fixture_is_a_rules() -> None:
    assert {folder.name for folder in FIXTURES.iterdir()} == set(PACK)


@pytest.mark.parametrize("rule", PACK)
def test_a_finding_says_what_is_wrong_with_which_value_and_what_to_do(rule: str) -> None:
    for match in matches()[fixture(rule, "bad")]:
        assert MESSAGE.fullmatch(match.message)


@pytest.mark.parametrize("rule", PACK)
def test_a_finding_points_at_a_line_of_the_template(rule: str) -> None:
    for match in matches()[fixture(rule, "bad")]:
        assert match.linenumber > 1
        assert match.path[0] == "Resources"


@pytest.mark.parametrize("rule", PACK.values(), ids=str)
def test_a_rule_has_an_id_of_our_range_a_sentence_a_reason_and_evidence(rule: object) -> None:
    about = vars(type(rule))
    assert re.fullmatch(r"[EW]95\d\d", about["id"])
    assert re.fullmatch(r"[^.]{15,90}", about["shortdesc"])
    assert re.fullmatch(r".{30,220}\.", about["description"])
    assert EVIDENCE.fullmatch(about["source_url"])


@pytest.mark.parametrize("namesake", [False, True], ids=["alone", "beside another infra"])
def test_the_lint_command_reads_the_pack_without_a_path_to_this_project(
    tmp_path: Path, namesake: bool
) -> None:
    lint = Path(sys.executable).with_name("cfn-lint")
    template = fixture("E9501", "bad")
    if namesake:
        (tmp_path / "infra").mkdir()
        (tmp_path / "infra/__init__.py").touch()
    ran = subprocess.run(
        [lint, "--append-rules", ROOT / "infra/rules", "--format", "json", "--", template],
        cwd=tmp_path,
        env={"PATH": os.defpath} | ({"PYTHONPATH": str(tmp_path)} if namesake else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert [finding["Rule"]["Id"] for finding in json.loads(ran.stdout)] == ["E9501"]
