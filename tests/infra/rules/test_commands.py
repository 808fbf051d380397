"""The commands that docs/rules.md names, on a template that breaks a rule and on a good one."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from infra.lint import main
from tests.infra.assemblies import ROOT
from tests.infra.rules.pack_fixtures import fixture

PROGRAMS: Final = Path(sys.executable).parent
TEXT: Final = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
BLOCK: Final = re.findall(r"^```\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)[0]
COMMANDS: Final = [line.partition("#")[0].strip() for line in BLOCK.splitlines()]
OF_A_TEMPLATE: Final = "make lint-template FILE=template.yaml"
# `make check` runs it: it synthesises every stage first.
OF_ALL_STAGES: Final = "make lint-stages"
MOST_SECONDS: Final = 60


def run(command: str) -> subprocess.CompletedProcess[str]:
    """As a person runs it who has made the environment."""
    made = command.replace("make ", f"make -o setup VENV={PROGRAMS} ")
    return subprocess.run(
        shlex.split(made),
        cwd=ROOT,
        env={"PATH": f"{PROGRAMS}:{os.defpath}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=MOST_SECONDS,
    )


def of_templates(command: str, folder: Path, *, like: str) -> str:
    """The command, of a template or of the folder that is its assembly."""
    shutil.copy(fixture("E9501", like), folder / "App.template.json")
    template = str(fixture("E9501", like))
    return command.replace("template.yaml", template).replace("cdk.out/dev", str(folder))


def test_the_document_names_the_commands() -> None:
    assert [command.split()[0] for command in COMMANDS] == ["cfn-lint", "make", "make", "python"]
    assert {OF_A_TEMPLATE, OF_ALL_STAGES} < set(COMMANDS)


@pytest.mark.parametrize("command", [each for each in COMMANDS if each != OF_ALL_STAGES])
def test_command_tells_what_breaks_and_fails(command: str, tmp_path: Path) -> None:
    ran = run(of_templates(command, tmp_path, like="bad"))
    assert "E9501" in ran.stdout
    assert ran.returncode != 0


def test_make_takes_a_folder_and_is_content_with_a_good_template(tmp_path: Path) -> None:
    of_templates("", tmp_path, like="bad")
    command = OF_A_TEMPLATE.replace("template.yaml", str(tmp_path))
    ran = run(command)
    assert f"{tmp_path}/App.template.json" in ran.stdout
    assert ran.returncode != 0
    of_templates("", tmp_path, like="good")
    ran = run(command)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.fixture
def run_here(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[[str], tuple[int, str, str]]:
    """What `python -m infra.lint` answers, without the seconds that its start takes."""

    def answer(place: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["infra.lint", place])
        return main(), *capfd.readouterr()

    return answer


def test_the_pack_alone_is_content_with_a_good_template(
    run_here: Callable[[str], tuple[int, str, str]], tmp_path: Path
) -> None:
    _, _, place = of_templates(COMMANDS[-1], tmp_path, like="good").rpartition(" ")
    assert run_here(place) == (0, "", "")


def test_a_doubt_is_told_and_is_no_failure(
    run_here: Callable[[str], tuple[int, str, str]],
) -> None:
    status, told, _ = run_here(str(fixture("W9545", "bad")))
    assert "W9545" in told
    assert status == 0


def test_make_without_a_file_says_what_to_write() -> None:
    ran = run("make lint-template")
    assert "run: make lint-template FILE=template.yaml" in ran.stdout
    assert ran.returncode == 2
