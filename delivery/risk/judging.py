"""Compares the working tree's templates with the baseline, a commit, or what is deployed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from delivery.assemblies import OUT, Assembly, tree_of, working_tree
from delivery.errors import DeliveryError
from delivery.risk import baseline
from delivery.risk.deployed import deployed_templates
from delivery.risk.verdict import Verdict, judge

BASELINE: Final = "baseline"
DEPLOYED: Final = "deployed"
FOLDER: Final = OUT / "risk"


def judge_stages(base: str, stages: list[str], accept: Iterable[str]) -> list[Verdict]:
    """Synthesise the stages and compare them with `base`; raises DeliveryError."""
    tree = working_tree()
    for stage in stages:
        tree.require(stage)
    chosen = stages or tree.stages
    if base == DEPLOYED and not stages:
        raise DeliveryError("STAGE: got none; with BASE=deployed, name the stage of your account")
    named = dict.fromkeys(accept, "with ACCEPT")
    if base in (BASELINE, DEPLOYED):
        of = judge_released if base == BASELINE else _judge_deployed
        return [of(stage, tree.synthesise(stage, FOLDER / stage), named) for stage in chosen]
    old = tree_of(base, FOLDER / "source")
    return [
        judge(
            stage,
            old.synthesise(stage, FOLDER / "before" / stage).templates,
            tree.synthesise(stage, FOLDER / stage),
            base=f"commit {base}",
            accepted=baseline.accepted(stage) | named,
        )
        for stage in chosen
    ]


def judge_released(stage: str, after: Assembly, accept: dict[str, str] | None = None) -> Verdict:
    """Against what the last release deployed."""
    released = baseline.read(stage)
    return judge(
        stage,
        released.stacks,
        after,
        base=released.words,
        accepted=baseline.accepted(stage) | (accept or {}),
        images_count=False,
    )


def _judge_deployed(stage: str, after: Assembly, accept: dict[str, str]) -> Verdict:
    return judge(
        stage,
        deployed_templates(after.stack_names),
        after,
        base="what is deployed",
        accepted=baseline.accepted(stage) | accept,
    )


def write_baselines(stages: list[str], *, from_account: bool) -> Iterable[str]:
    """Keep what the working tree would deploy, or what the account has, as what is released."""
    tree = working_tree()
    for stage in stages or tree.stages:
        tree.require(stage)
        assembly = tree.synthesise(stage, FOLDER / stage)
        kept = deployed_templates(assembly.stack_names) if from_account else assembly.templates
        if not kept:
            raise DeliveryError(f"BASE=deployed: got no stack of stage {stage}; deploy it first")
        yield str(baseline.write(stage, kept))
