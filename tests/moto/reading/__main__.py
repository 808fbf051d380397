"""Prints what the sandbox covers of the stages: python -m tests.moto.reading"""

import tempfile
from pathlib import Path

from tests.infra.assemblies import synthesise_variant

from .coverage import Coverage


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        coverage = Coverage.of(lambda name: synthesise_variant(name, Path(folder) / name).directory)
        print(coverage.figures())


if __name__ == "__main__":
    main()
