"""Puts the real engine on trial with forms that the service lets pass.

python -m tests.forms --cases 1000
"""

from __future__ import annotations

import argparse
import random
import time

from tests.forms.trial import trial


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.forms")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    begun = time.monotonic()
    findings = trial(cases=arguments.cases, first=arguments.seed)
    print(findings)
    print(f"of {findings.longest_gap_form}")
    for form, wrong in findings.unfit:
        print(f"unfit: {form}\n  {wrong}")
    print(f"{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
