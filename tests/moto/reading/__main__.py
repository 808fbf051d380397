"""Prints what the sandbox covers of the stages: python -m tests.moto.reading"""

from tests.moto.synthesis import synthesised

from .coverage import Coverage


def main() -> None:
    print(Coverage.of(synthesised).figures())


if __name__ == "__main__":
    main()
