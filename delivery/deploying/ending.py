"""Every way out of a verb that may change AWS: one result as the last line, one exit status."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from delivery.deploying.news import BEGIN, FORMAT, RESULT, START, Level, News, Picture, Teller
from delivery.deploying.outcome import Outcome, result
from delivery.deploying.redaction import without_secrets
from delivery.errors import DeliveryError

# A job that is cancelled, and a terminal that is closed.
AS_CTRL_C: Final = (signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """Another signal than Ctrl-C's; the message is its name."""


class Course:
    """A teller that knows how far the verb has come, and outlives whoever listened."""

    def __init__(self, teller: Teller) -> None:
        self._teller: Teller | None = teller
        self.began = False
        """Whether AWS may be changed already."""
        self.status: int | None = None
        """The exit status, from the result."""

    def tell(self, news: News) -> None:
        """Pass it on, where somebody listens still."""
        self.began = self.began or news.kind == BEGIN
        if news.kind == RESULT:
            self.status = int(news.facts["exit_status"])
        self._pass_on(lambda teller: teller.tell(news))

    def show(self, picture: Picture) -> None:
        """Pass it on likewise."""
        self._pass_on(lambda teller: teller.show(picture))

    def pause(self) -> None:
        """Pass it on likewise."""
        self._pass_on(lambda teller: teller.pause())

    def _pass_on(self, say: Callable[[Teller], None]) -> None:
        """A reader who has left, like `head` or a closed terminal, is no reason to stop."""
        if self._teller is None:
            return
        try:
            say(self._teller)
        except OSError as error:
            self._teller = None
            with suppress(OSError):
                print(f"Nobody reads this any more ({error}); it goes on.", file=sys.stderr)


def to_its_end(verb: str, stage: str, act: Callable[[Teller], object], teller: Teller) -> int:
    """Have it act; its exit status. What it raises becomes its result, where it has told none."""
    course = Course(teller)
    facts = {"format": FORMAT, "verb": verb, "stage": stage}
    course.tell(News(START, f"{verb} {stage}", Level.DETAIL, facts=facts))
    try:
        with interruptible():
            act(course)
    except DeliveryError as error:
        outcome = Outcome.FAILED if course.began else Outcome.REFUSED
        _end(course, outcome, str(error), stage=stage)
    except KeyboardInterrupt as error:
        _end(course, Outcome.INTERRUPTED, interruption(error), stage=stage)
    except Exception as error:  # the edge: a fault of ours is a result too
        print(without_secrets(traceback.format_exc()), file=sys.stderr)
        _end(course, Outcome.FAILED, f"a fault of this program: {error!r}", stage=stage)
    assert course.status is not None, "a verb ends with a result"
    return course.status


def interruption(error: KeyboardInterrupt) -> str:
    """By what it was interrupted."""
    return f"interrupted by {error}" if str(error) else "interrupted"


def _end(course: Course, outcome: Outcome, why: str, *, stage: str) -> None:
    """What it was told before says more than what came after."""
    if course.status is not None:
        return
    *lines, text = why.splitlines()
    if course.began:
        text += f"; AWS goes on with what it has begun: make status STAGE={stage}"
    else:
        text += "; nothing was changed"
    course.tell(result(outcome, text, Level.BAD, lines=tuple(lines)))


@contextmanager
def interruptible() -> Iterator[None]:
    """Other signals that end a program do what Ctrl-C does, but those that `nohup` keeps away."""

    def interrupt(number: int, _: FrameType | None) -> None:
        raise Interrupted(signal.Signals(number).name)

    taken = [number for number in AS_CTRL_C if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
