"""The rule pack over the templates of every stage, without an account: `make lint-stages`."""

import shutil
import sys
from typing import Final

from infra.lint import report, templates
from infra.stage_files import stage_names
from operations.stage import ROOT, write_stage

OUT: Final = ROOT / "cdk.out/lint"


def main() -> int:
    """Print what is found; 1 where that is anything, because a stage's doubts are settled."""
    shutil.rmtree(OUT, ignore_errors=True)
    for stage in stage_names():
        write_stage(stage, OUT / stage)
    files = templates(OUT)
    found = report(files)
    print(f"{len(files)} templates of {len(stage_names())} stages: {len(found)} findings")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
