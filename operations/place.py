"""Whether the credentials are for the account and the region that a stage is pinned to.

`python -m operations.place --stage prod` says nothing where they are, and exits 1 where not.
"""

import argparse
import sys
from collections.abc import Iterator
from typing import NamedTuple

from infra.settings import StageSettings
from infra.stage_files import SettingsError, load_stage, stage_names
from operations.account import Account, CouldNotAsk, open_account


class WrongPlace(Exception):
    """The credentials lead elsewhere; the message says where, and what to do."""


class Pin(NamedTuple):
    """The account or the region: what the credentials lead to, and what the stage's file says."""

    name: str
    found: str | None
    pinned: str | None
    stage: str

    @property
    def holds(self) -> bool:
        """Whether nothing else is pinned."""
        return self.pinned in (None, self.found)

    @property
    def sentence(self) -> str:
        """What is wrong where it does not hold."""
        return f"{self.name} {self.found or 'not set'}, but {self.stage}.toml says {self.pinned}"

    @property
    def todo(self) -> str:
        """What to do about it."""
        own = self.name == "account"
        return "use other credentials" if own else f"set AWS_REGION={self.pinned}"


def pins(settings: StageSettings, account: Account) -> Iterator[Pin]:
    """Both of them. Raises `CouldNotAsk`."""
    identity = account.ask("sts", "GetCallerIdentity")
    assert identity is not None
    wanted = settings.deploy
    yield Pin("account", identity["Account"], wanted.account, settings.name)
    yield Pin("region", account.region, wanted.region, settings.name)


def refuse_elsewhere(stage: str, account: Account | None = None) -> None:
    """Raises `WrongPlace`, `SettingsError` or `CouldNotAsk`; asks nothing of who is not pinned.

    A stage that has no file any more is pinned to nothing.
    """
    if stage not in stage_names():
        return
    settings = load_stage(stage)
    if settings.deploy.account is None and settings.deploy.region is None:
        return
    for pin in pins(settings, account or open_account()):
        if not pin.holds:
            raise WrongPlace(f"account and region: {pin.sentence}; {pin.todo}")


def main() -> int:
    """For programs that know nothing of this package."""
    parser = argparse.ArgumentParser(prog="python -m operations.place", description=__doc__)
    parser.add_argument("--stage", required=True)
    try:
        refuse_elsewhere(parser.parse_args().stage)
    except (WrongPlace, SettingsError, CouldNotAsk) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
