"""The audit says what was looked at, and never calls the rest sound."""

from pathlib import Path

import pytest

from operations.audit import NoAdvisories, audit

SOUND = '{"name": "a", "version": "1", "vulns": []}'
UNKNOWN = '{"name": "b", "skip_reason": "not found"}'
VULNERABLE = '{"name": "c", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}'


def program(folder: Path, *packages: str, status: int = 0) -> str:
    """A pip-audit that reports these packages."""
    file = folder / "pip-audit"
    report = f'{{"dependencies": [{", ".join(packages)}], "fixes": []}}'
    file.write_text(f"#!/bin/sh\ncat <<'EOF'\n{report}\nEOF\nexit {status}\n")
    file.chmod(0o700)
    return str(file)


@pytest.mark.parametrize(
    ("packages", "fails", "fails_strictly"),
    [
        ((SOUND,), False, False),
        ((SOUND, UNKNOWN), False, True),
        ((UNKNOWN, VULNERABLE), True, True),
    ],
)
def test_finding_fails_and_what_was_not_looked_at_fails_the_strict(
    tmp_path: Path, packages: tuple[str, ...], fails: bool, fails_strictly: bool
) -> None:
    result = audit("x.txt", program=program(tmp_path, *packages))
    assert (result.fails(strict=False), result.fails(strict=True)) == (fails, fails_strictly)


def test_packages_that_were_not_looked_at_are_said_to_be_so(tmp_path: Path) -> None:
    lines = list(audit("x.txt", program=program(tmp_path, SOUND, UNKNOWN)).lines())
    assert "NOT AUDITED: 1 packages" in lines[-1]


def test_finding_names_the_package_the_advisory_and_the_version_that_mends_it(
    tmp_path: Path,
) -> None:
    lines = list(audit("x.txt", program=program(tmp_path, VULNERABLE, status=1)).lines())
    assert lines == ["x.txt: 1 packages looked at, 1 vulnerable", "    c 1: PYSEC-1, fixed in 2"]


def test_network_that_fails_is_no_finding(tmp_path: Path) -> None:
    file = tmp_path / "pip-audit"
    file.write_text("#!/bin/sh\necho Traceback >&2\necho 'ConnectionError: no route' >&2\nexit 1\n")
    file.chmod(0o700)
    with pytest.raises(NoAdvisories, match="ConnectionError: no route"):
        audit("x.txt", program=str(file))
