"""`make audit`: known vulnerabilities of the pinned packages, by pip-audit and PyPI's advisories.

pip-audit says "no known vulnerabilities" of a package that the index knows nothing about, and ends
with 1 both for a finding and for a network that fails. Here what was not looked at is said; only
`--strict` fails for it, because a network that fails says nothing about our packages.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SECONDS: Final = 600


class NoAdvisories(Exception):
    """pip-audit could not ask; the message is its last line."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What the advisories say of one file of requirements."""

    file: str
    looked_at: int
    skipped: int
    vulnerable: tuple[str, ...]

    def fails(self, *, strict: bool) -> bool:
        """A finding always does; what was not looked at, where the caller is strict."""
        return bool(self.vulnerable or (strict and self.skipped))

    def lines(self) -> Iterable[str]:
        """For a person."""
        yield f"{self.file}: {self.looked_at} packages looked at, {len(self.vulnerable)} vulnerable"
        yield from (f"    {line}" for line in self.vulnerable)
        if self.skipped:
            yield f"    NOT AUDITED: {self.skipped} packages, of which the index has no advisories"


def audit(file: str, *, program: str) -> Audit:
    """Ask for every pinned package of a file. Raises `NoAdvisories`."""
    words = [program, "--requirement", file, "--no-deps", "--disable-pip"]
    words += ["--vulnerability-service", "pypi", "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise NoAdvisories(last) from None
    return read_report(report, file=file)


def read_report(report: dict[str, Any], *, file: str) -> Audit:
    """pip-audit's JSON: a package has `vulns`, or a `skip_reason`."""
    packages = report["dependencies"]
    skipped = [package for package in packages if "skip_reason" in package]
    return Audit(
        file=file,
        looked_at=len(packages) - len(skipped),
        skipped=len(skipped),
        vulnerable=tuple(
            f"{package['name']} {package['version']}: {vulnerability['id']}, "
            f"fixed in {', '.join(vulnerability['fix_versions']) or 'no version yet'}"
            for package in packages
            for vulnerability in package.get("vulns", ())
        ),
    )


def main() -> int:
    """Audit each file."""
    parser = argparse.ArgumentParser(prog="python -m operations.audit", description=__doc__)
    parser.add_argument("--pip-audit", required=True, type=Path)
    parser.add_argument("--strict", action="store_true", help="fail where PyPI cannot say")
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    failed = False
    for file in arguments.files:
        try:
            result = audit(file, program=str(arguments.pip_audit))
        except NoAdvisories as error:
            print(f"{file}: NOT AUDITED: {error}")
            failed |= arguments.strict
            continue
        print("\n".join(result.lines()))
        failed |= result.fails(strict=arguments.strict)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
