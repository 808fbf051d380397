"""What a change does to every stack of every stage: synthesised twice and compared."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from delivery.assemblies import OUT, Assembly, Tree, run_cdk, tree_of, working_tree
from delivery.changes import Change, compare

FOLDER: Final = OUT / "review"
EMPTY: Final = "{}"
# A synth is one process on one core, most of its time.
AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class StackReview:
    """One stack of one stage. `dropped`: it is in no stage any more, and stays in the account."""

    stage: str
    stack: str
    name: str
    changes: tuple[Change, ...]
    diff: str
    dropped: bool = False

    @property
    def differs(self) -> bool:
        """Whether a deploy would touch it."""
        return bool(self.diff)


def review(base: str, stages: list[str] | None = None) -> list[StackReview]:
    """Compare the working tree with a commit; all stages of both, or only those named."""
    old, new = tree_of(base, FOLDER / "source"), working_tree()
    chosen = stages or sorted({*old.stages, *new.stages})
    with ThreadPoolExecutor(AT_ONCE) as pool:
        reviews = pool.map(lambda stage: list(review_stage(stage, old, new, into=FOLDER)), chosen)
        return [item for items in reviews for item in items]


def review_stage(stage: str, old: Tree, new: Tree, *, into: Path) -> Iterator[StackReview]:
    """Compare one stage of two trees, stack by stack; the assemblies stay in `into`."""
    before = old.synthesise(stage, into / "before" / stage)
    after = new.synthesise(stage, into / "after" / stage)
    for stack in after.templates:
        yield review_stack(stage, stack, before, after)
    for stack in before.templates.keys() - after.templates.keys():
        yield StackReview(stage, stack, before.stack_names[stack], (), "", dropped=True)


def review_stack(stage: str, stack: str, before: Assembly, after: Assembly) -> StackReview:
    """Compare one stack that is in `after`."""
    old, new = before.templates.get(stack, {}), after.templates[stack]
    diff = _diff(stack, before.folder, after.folder) if old != new else ""
    return StackReview(stage, stack, after.stack_names[stack], tuple(compare(old, new)), diff)


def _diff(stack: str, before: Path, after: Path) -> str:
    """The CLI's own text, empty where it sees nothing that counts."""
    template = before / f"{stack}.template.json"
    if not template.exists():
        template.parent.mkdir(parents=True, exist_ok=True)
        template.write_text(EMPTY, encoding="utf-8")
    words = ["diff", "--exclusively", "--ci", "--quiet", "--app", str(after)]
    told = run_cdk([*words, "--template", str(template), stack])
    lines = [line.rstrip() for line in told.splitlines()]
    return "\n".join(line for line in lines if "Number of stacks with" not in line).strip()


def diff_deployed(stage: str) -> str:
    """The CLI's diff of a stage against AWS; it only reads, and makes no change set."""
    assembly = working_tree().synthesise(stage, FOLDER / "deployed" / stage)
    words = ["diff", "--method", "template", "--ci", "--app", str(assembly.folder)]
    return run_cdk([*words, *assembly.templates])
