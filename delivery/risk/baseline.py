"""What the last release deployed, one file a stage. `make baseline` writes it, and nothing else."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml

from delivery.assemblies import ROOT, run, shown
from delivery.errors import DeliveryError
from delivery.risk.canonical import Template, canonical

FOLDER: Final = ROOT / "delivery/baseline"
ACCEPTED: Final = "accepted.toml"
ACCEPTED_FILE: Final = shown(FOLDER / ACCEPTED)
HEAD: Final = """\
# What the last release of stage {stage} deployed, or, before the first one, what the commit below
# would deploy: templates without metadata and images' hashes.
# `make baseline STAGE={stage}` writes it after a release; `make diff-risk` compares with it.
"""
WIDTH: Final = 120


@dataclass(frozen=True, slots=True)
class Origin:
    """What templates were made from: a commit, or none where an account had them on that day."""

    date: str
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A stage's stacks by their ids, and what they were made from."""

    origin: Origin
    stacks: Mapping[str, Template]

    @property
    def words(self) -> str:
        """Which one it is, for a sentence; how many commits ago where git can tell."""
        date, commit = self.origin.date, self.origin.commit
        if not commit:
            return f"its baseline, as it was deployed on {date}"
        return f"its baseline, of commit {commit} ({date}{_age(commit)})"


def read(stage: str, folder: Path = FOLDER) -> Baseline:
    """Raises DeliveryError where the stage has none."""
    file = folder / f"{stage}.yaml"
    if not file.exists():
        raise DeliveryError(
            f"{shown(file)}: got no baseline of stage {stage}; run make baseline STAGE={stage} "
            "where the last release is checked out, and commit the file"
        )
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        origin = Origin(str(content["date"]), str(content.get("commit", "")))
        return Baseline(origin, dict(content["stacks"]))
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        told = " ".join(str(error).split())
        raise DeliveryError(
            f"{shown(file)}: got no baseline that can be read ({told}); write it with make "
            f"baseline STAGE={stage} where the last release is checked out"
        ) from None


def write(
    stage: str, templates: Mapping[str, Template], origin: Origin, folder: Path = FOLDER
) -> Path:
    """Keep these templates as what is released, and forget what was accepted until now."""
    content = {
        **({"commit": origin.commit} if origin.commit else {}),
        "date": origin.date,
        "stacks": {name: canonical(template) for name, template in templates.items()},
    }
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{stage}.yaml"
    file.write_text(HEAD.format(stage=stage) + _dumped(content), encoding="utf-8")
    _forget(stage, folder / ACCEPTED)
    return file


def accepted(stage: str, folder: Path = FOLDER) -> dict[str, str]:
    """What the next release of a stage may lose: logical ids, or names of exports, with reasons."""
    file = folder / ACCEPTED
    if not file.exists():
        return {}
    try:
        section = tomllib.loads(file.read_text(encoding="utf-8")).get(stage, {})
    except tomllib.TOMLDecodeError as error:
        raise DeliveryError(f"{shown(file)}: got no TOML: {error}; mend it") from None
    if not isinstance(section, dict) or not all(isinstance(why, str) for why in section.values()):
        raise DeliveryError(
            f'{shown(file)}: section [{stage}]: got {section}; write LogicalId = "the reason"'
        )
    return section


def _forget(stage: str, file: Path) -> None:
    """Take out the stage's section, up to the next one."""
    if not file.exists():
        return
    kept, inside = [], False
    for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
        if line.startswith("["):
            inside = line.partition("#")[0].strip() == f"[{stage}]"
        if not inside:
            kept.append(line)
    file.write_text("".join(kept), encoding="utf-8")


class _Plain(yaml.CSafeDumper):
    """Writes what is used twice twice."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def _dumped(content: Mapping[str, Any]) -> str:
    # Innermost lists and mappings stand in one line: half as long, and as readable.
    text: str = yaml.dump(
        content, Dumper=_Plain, default_flow_style=None, sort_keys=False, width=WIDTH
    )
    return text


def of_checkout() -> Origin:
    """The commit that is checked out, and its day; with what is changed since, it says so."""
    commit, date = _git("log", "-1", "--format=%h %cs").split()
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "infra", "service")
    return Origin(date, f"{commit} and changes" if changed else commit)


def of_account() -> Origin:
    """Nobody knows which commit an account has: it is what was there today."""
    return Origin(f"{datetime.now(UTC):%F}")


def _age(commit: str) -> str:
    """A checkout of few commits may not have the one that is asked for."""
    told = _git("rev-list", "--count", f"{commit.split()[0]}..HEAD", check=False)
    return f", {told} commits ago" if told.isdigit() else ""


def _git(*words: str, check: bool = True) -> str:
    told = run(
        ["git", *words], folder=ROOT, remedy="run it in a clone of the repository", check=check
    )
    return told.decode(errors="replace").strip()
