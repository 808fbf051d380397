"""The Markdown of the comment under a pull request: what a change deploys, the worst first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from delivery.changes import Change, Effect
from delivery.consequences import Consequences
from delivery.review import StackReview

# Invisible, and what the comment is found by when it is written again.
MARKER: Final = "<!-- llm-on-ecs: what this change deploys -->"
# GitHub refuses a longer body: "Body is too long (maximum is
# 65536 characters)", telia-oss/github-pr-resource#259.
MOST_CHARACTERS: Final = 65_536
# Of changes spelled out, in a stack and in the warning on top; `make diff` shows all.
MOST_LINES: Final = 40
LOUD: Final = (Effect.REMOVED, Effect.REPLACED, Effect.PERHAPS_REPLACED)
# A task definition cannot be updated: each release replaces it, and nobody has to worry.
ROUTINE: Final = {"AWS::ECS::TaskDefinition": ", a new revision"}
COLUMNS: Final = (Effect.ADDED, Effect.CHANGED, Effect.REPLACED, Effect.REMOVED)
NOTHING_BESIDE: Final = Consequences()
_BACKTICKS: Final = re.compile("`{3,}")


def render(
    reviews: Sequence[StackReview], *, base: str, beside: Consequences = NOTHING_BESIDE
) -> str:
    """The comment. Details that no longer fit are left out, the last ones first, and named."""
    head = "\n".join([MARKER, *_head(reviews, beside)])
    foot = (
        f"\nTemplates of `{base}` and of this change, compared without an account: "
        f"`make comment BASE={base}`. What was changed by hand in AWS shows in `cdk diff`.\n"
    )
    body, left_out = head, []
    for review in filter(lambda item: item.differs or item.changes, reviews):
        details = _details(review)
        # Room for the foot, and for naming what is left out.
        if len(body) + len(details) + len(foot) + 100 * (len(reviews) + 1) > MOST_CHARACTERS:
            left_out.append(f"`make diff STAGE={review.stage} BASE={base}` ({review.stack})")
        else:
            body += details
    if left_out:
        body += f"\nToo long for a comment: {', '.join(left_out)}.\n"
    return body + foot


def _head(reviews: Sequence[StackReview], beside: Consequences) -> Iterator[str]:
    differing = [item for item in reviews if item.differs or item.changes or item.dropped]
    if not differing:
        yield "### Deploys nothing: no template changes\n"
    else:
        stages = ", ".join(sorted({item.stage for item in differing}))
        yield f"### Changes stage {stages}\n"
    yield from _warning([*beside.warnings, *_losses(reviews)])
    yield from filter(None, (beside.risk, beside.cost))
    yield "| this change | stack | " + " | ".join(map(str, COLUMNS)) + " |"
    yield "|---|---|" + "--:|" * len(COLUMNS)
    for review in reviews:
        yield _row(review)
    yield "\n"


def _losses(reviews: Iterable[StackReview]) -> Iterator[str]:
    """What may lose data; each line stands without the table."""
    for review in reviews:
        where = f"`{review.stage}` {review.stack}"
        if review.dropped:
            yield (
                f"{where}: the stack is in the app no more. A deploy leaves it in the account: "
                f"destroy `{review.name}` by hand."
            )
        for change in review.changes:
            if change.fate and change.effect in LOUD:
                yield f"{where}: {_sentence(change, loud=True)} **{change.fate}**."


def _warning(lines: list[str]) -> Iterator[str]:
    if not lines:
        return
    yield "> [!CAUTION]"
    for line in _limited(lines):
        yield f"> - {line}"
    yield ""


def _row(review: StackReview) -> str:
    counts = Counter(change.effect for change in review.changes)
    cells = [_count(effect, counts) for effect in COLUMNS]
    if review.dropped:
        cells = ["**in the app no more**", "", "", ""]
    elif review.differs and not review.changes:
        cells = ["outputs or rules only", "", "", ""]
    return f"| {review.stage} | {review.stack} | " + " | ".join(cells) + " |"


def _count(effect: Effect, counts: Counter[Effect]) -> str:
    count, perhaps = counts[effect], counts[Effect.PERHAPS_REPLACED]
    shown = str(count or "")
    if effect is Effect.REPLACED and perhaps:
        shown = f"{count} to {count + perhaps}"
    return f"**{shown}**" if shown and effect in LOUD else shown


def _details(review: StackReview) -> str:
    fence = "`" * max([3, *(len(found) + 1 for found in _BACKTICKS.findall(review.diff))])
    changes = [
        f"- {_sentence(change, loud=change.effect in LOUD)}{f' {change.fate}.' * bool(change.fate)}"
        for change in review.changes
    ]
    return "\n".join(
        [
            f"<details><summary>{review.stage} · {review.stack}</summary>",
            "",
            *_limited(changes),
            "",
            f"{fence}text",
            review.diff or "No difference that the CDK's command line would show.",
            fence,
            "",
            "</details>",
            "",
        ]
    )


def _sentence(change: Change, *, loud: bool) -> str:
    effect = f"**{change.effect.upper()}**" if loud else str(change.effect)
    causes = f": {', '.join(change.because)}" if change.because else ""
    kind = change.resource_type
    if change.effect is Effect.REPLACED:
        kind += ROUTINE.get(kind, "")
    return f"{effect} `{change.name}` ({kind}){causes}."


def _limited(lines: list[str]) -> list[str]:
    if len(lines) <= MOST_LINES:
        return lines
    return [*lines[:MOST_LINES], f"... and {len(lines) - MOST_LINES} more"]
