"""Installs the peers: `python -m bench.peers [NAME ...]`, all of them without a name."""

from __future__ import annotations

import argparse
import sys

from bench.peers.installation import InstallationError
from bench.peers.known import PEERS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.peers")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PEERS))
    names = parser.parse_args().names or list(PEERS)
    if unknown := [name for name in names if name not in PEERS]:
        parser.error(f"got {', '.join(unknown)}; choose of {', '.join(PEERS)}")
    failures = [failure for name in names if (failure := failure_of(name))]
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


def failure_of(name: str) -> str | None:
    """One that cannot be had keeps nobody from the others."""
    try:
        PEERS[name].package.install()
    except InstallationError as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())
