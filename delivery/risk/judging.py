"""Compares the working tree's templates with the baseline, a commit, or what is deployed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from delivery.assemblies import OUT, Assembly, tree_of, working_tree
from delivery.errors import DeliveryError
from delivery.risk import baseline
from delivery.risk.canonical import Template
from delivery.risk.deployed import templates_of_account
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
    if base in (BASELINE, DEPLOYED):
        of = judge_released if base == BASELINE else _judge_account
        return [of(stage, tree.synthesise(stage, FOLDER / stage), accept) for stage in chosen]
    old = tree_of(base, FOLDER / "source")
    return [
        judge(
            stage,
            old.synthesise(stage, FOLDER / "before" / stage).templates,
            tree.synthesise(stage, FOLDER / stage),
            base=f"commit {base}",
            accepted=_accepted(stage, accept),
        )
        for stage in chosen
    ]


def judge_released(stage: str, after: Assembly, accept: Iterable[str] = ()) -> Verdict:
    """Against what the last release deployed."""
    released = baseline.read(stage)
    return judge(
        stage,
        released.stacks,
        after,
        base=released.words,
        accepted=_accepted(stage, accept),
        images_count=False,
    )


def judge_deployed(
    stage: str, deployed: Mapping[str, Template], after: Assembly, accept: Iterable[str] = ()
) -> Verdict:
    """Against the templates that an account has, by the ids of their stacks."""
    return judge(stage, deployed, after, base="what is deployed", accepted=_accepted(stage, accept))


def _judge_account(stage: str, after: Assembly, accept: Iterable[str]) -> Verdict:
    return judge_deployed(stage, templates_of_account(stage, after.stack_names), after, accept)


def _accepted(stage: str, accept: Iterable[str]) -> dict[str, str]:
    """What may be lost, with the reasons: by the repository's own file, and by the command line."""
    return baseline.accepted(stage) | dict.fromkeys(accept, "with ACCEPT")


def write_baselines(stages: list[str], *, from_account: bool) -> Iterable[str]:
    """Keep what the working tree would deploy, or what the account has, as what is released."""
    tree = working_tree()
    for stage in stages or tree.stages:
        tree.require(stage)
        assembly = tree.synthesise(stage, FOLDER / stage)
        if from_account:
            deployed = templates_of_account(stage, assembly.stack_names)
            yield str(baseline.write(stage, deployed, baseline.of_account()))
        else:
            yield str(baseline.write(stage, assembly.templates, baseline.of_checkout()))
