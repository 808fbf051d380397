"""The table of all rules in docs/rules.md, written from the rules: `make manual`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.lint import pack
from infra.marks import with_part


def with_rules(document: str) -> str:
    """The document with the table of today."""
    return with_part(document, "rules", rules_table())


def rules_table() -> str:
    """Markdown: what each rule wants, what happens else, and who says so; topic by topic."""
    rules = sorted(pack().values(), key=lambda rule: rule.id[1:])
    return "\n".join(_lines(rules))


def _lines(rules: list[Any]) -> Iterator[str]:
    yield f"{len(rules)} rules, of which {sum(rule.id[0] == 'W' for rule in rules)} warn.\n"
    yield "| rule | what it wants | what happens else | evidence |"
    yield "|---|---|---|---|"
    for rule in rules:
        evidence = f"[{_shown(rule.source_url)}]({rule.source_url})"
        yield f"| {rule.id} | {rule.shortdesc} | {rule.description} | {evidence} |"


def _shown(address: str) -> str:
    """`aws/aws-cdk#1160` of an issue, the page's name of a document."""
    *_, owner, repository, kind, page = address.split("/")
    return f"{owner}/{repository}#{page}" if kind == "issues" else page.removesuffix(".html")


def main() -> None:
    """Rewrite the table in the document named on the command line."""
    file = Path(sys.argv[1])
    file.write_text(with_rules(file.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
