"""All targets under all loads, by turns: who slows the machine for a while slows all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.generator.loads import Load
from bench.generator.summary import Figures, Limits, figures
from bench.generator.targets import Count, Target
from bench.generator.turns import Failure, Turn
from bench.streams import Answer, AskError

SHOWN = 3  # different failures of a turn, which are told in the server's words


class Unanswered(Exception):
    """A target that answers nothing: which, and what it said."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One turn: of which target and load, in which round, and what it came to."""

    target: str
    load: str
    round: int
    figures: Figures
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The same seed asks the same prompts; a server that kept them from before would be faster."""

    loads: Sequence[Load]
    rounds: int
    seed: int
    patience_seconds: float = 120
    limits: Limits = field(default_factory=dict)


async def measure(
    targets: Sequence[Target], plan: Plan, *, say: Callable[[str], None] = lambda _: None
) -> list[Measured]:
    """Raises Unanswered for a target that answers nothing of its warm-up."""
    for target in targets:
        say(f"warm-up: {target.name}")
        await warm_up(target, plan)
    found: list[Measured] = []
    for number in range(plan.rounds):
        for load in plan.loads:
            for place in range(len(targets)):
                target = targets[(number + place) % len(targets)]  # another first in each round
                found.append(await one_turn(target, load, plan, number))
                say(told(found[-1], plan))
    return found


async def warm_up(target: Target, plan: Plan) -> None:
    """The first and the last load once, and nothing kept of them: the first turns pay for all."""
    for load in dict.fromkeys((plan.loads[0], plan.loads[-1])):
        turn = await load.put(
            target.ask,
            seed=seed(plan, "warm-up", load, target),
            patience_seconds=plan.patience_seconds,
        )
        if not turn.answers:
            why = turn.failures[0].why if turn.failures else "it was asked nothing"
            raise Unanswered(f"{target.name} answers nothing: {why}")


async def one_turn(target: Target, load: Load, plan: Plan, number: int) -> Measured:
    before = target.cpu_seconds()
    turn = await load.put(
        target.ask,
        seed=seed(plan, f"round {number}", load, target),
        patience_seconds=plan.patience_seconds,
    )
    after = target.cpu_seconds()
    await count_untold(turn, target.count)
    used = None if before is None or after is None else after - before
    return Measured(
        target=target.name,
        load=load.label,
        round=number,
        figures=figures(turn, plan.limits, cpu_seconds=used),
        failures=list(dict.fromkeys(failure.why for failure in turn.failures))[:SHOWN],
    )


def seed(plan: Plan, turn: str, load: Load, target: Target) -> str:
    """The same for all servers in a round, and for no two turns of one server."""
    return f"{plan.seed}, {turn}, {load.label}, {target.series}"


async def count_untold(turn: Turn, count: Count | None) -> None:
    """vLLM's benchmark, too, has the text's tokens counted where `usage` does not tell them."""
    answers, turn.answers = turn.answers, []
    for answer in answers:
        try:
            await complete(answer, count)
            turn.add(answer)
        except AskError as error:
            turn.add(Failure(error.kind, str(error)))


async def complete(answer: Answer, count: Count | None) -> None:
    """Raises AskError where nobody tells the tokens."""
    if answer.output_tokens is None:
        if not count:
            raise AskError("no usage", "the stream told none")
        answer.output_tokens = await count("".join(answer.texts))


def told(measured: Measured, plan: Plan) -> str:
    found = measured.figures
    failed = sum(found.failures.values())
    return (
        f"round {measured.round + 1} of {plan.rounds}, {measured.load}, {measured.target}: "
        f"{found.output_tokens_per_second:.1f} tokens/s"
        + (f", {failed} failed: {measured.failures[0]}" if failed else "")
    )
