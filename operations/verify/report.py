"""What was seen, in lines for a person."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.markup import escape

from operations.verify.claim import ByHand, Claim, Outcome, Verdict

COLOURS: Final = {
    Verdict.VERIFIED: "green",
    Verdict.REFUTED: "red",
    Verdict.NOT_SHOWN: "magenta",
    Verdict.BY_HAND: "yellow",
}
REHEARSED: Final = "rehearsed"
"""What a check saw elsewhere than in AWS: it works, and verifies nothing."""


def tell(
    results: Iterable[tuple[Claim, Outcome]], console: Console, *, is_aws: bool
) -> Counter[Verdict]:
    """Print each result as it comes, and how many there were of each verdict."""
    words = {verdict: str(verdict) for verdict in Verdict}
    if not is_aws:
        words[Verdict.VERIFIED] = REHEARSED
    counted: Counter[Verdict] = Counter()
    for claim, outcome in results:
        counted[outcome.verdict] += 1
        text = f"{claim.id}: {claim.sentence} {outcome.saw}"
        word = f"[{COLOURS[outcome.verdict]}]{words[outcome.verdict]:9}[/]"
        console.print(f"{word} {escape(text)}", soft_wrap=True)
    console.print(", ".join(f"{counted[verdict]} {words[verdict]}" for verdict in Verdict))
    if not is_aws:
        console.print("This was not AWS: the checks were rehearsed, and no claim is verified.")
    return counted


def describe(claim: Claim, console: Console) -> None:
    """Print what there is to know of a claim."""
    console.print(f"[bold]{claim.id}[/]: {escape(claim.sentence)}", soft_wrap=True)
    lines = [f"relied on in {claim.made_in}; source: {claim.source}; costs {claim.costs}"]
    if isinstance(claim.how, ByHand):
        lines += [f"by hand {number}. {step}" for number, step in enumerate(claim.how.steps, 1)]
    else:
        lines.append("checked by this program")
    for line in lines:
        console.print(f"    {escape(line)}", soft_wrap=True)
