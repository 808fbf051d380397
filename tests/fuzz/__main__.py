"""Fuzzes a service over both transports.

python -m tests.fuzz --engine scripted --inputs 20000
"""

from __future__ import annotations

import argparse
import random
import resource
import time

from tests.fuzz.fuzzing import SECONDS, fuzz

ADDRESS_SPACE_BYTES = 8 << 30


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--engine", choices=list(SECONDS), default="scripted")
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--no-formats", action="store_true", help="without grammars and tools")
    arguments = parser.parse_args()
    # An engine that is lost takes gigabytes before anybody notices.
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    print(f"{arguments.engine} engine, seed {arguments.seed}", flush=True)
    begun = time.monotonic()
    tally = fuzz(
        arguments.engine,
        inputs=arguments.inputs,
        first=arguments.seed,
        formats=not arguments.no_formats,
    )
    print(tally)
    print(f"Nothing wrong found in {time.monotonic() - begun:.0f} s.")


if __name__ == "__main__":
    main()
