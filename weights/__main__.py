"""`make model FILE=...`: checks a GGUF file, uploads it, prints the lines for the stage file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.stage_files import SettingsError, load_stage
from operations.account import CouldNotAsk
from operations.place import WrongPlace, refuse_elsewhere
from sandbox.state import State, use_sandbox
from service.model.digest import file_digest
from service.model.errors import ModelError
from service.model.inspection import inspect
from service.model.preparation import obtained
from weights.advice import stage_lines
from weights.bucket import find_bucket, object_key, upload

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Errors are sentences on standard error."""
    parser = argparse.ArgumentParser(prog="python -m weights", description=__doc__)
    parser.add_argument("file", help="a GGUF file, or `bundled`")
    parser.add_argument("--stage", default="local")
    arguments = parser.parse_args()
    try:
        put(arguments.file, stage_name=arguments.stage)
    except (ModelError, SettingsError, WrongPlace, CouldNotAsk, FileNotFoundError) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    return 0


def put(source: str, *, stage_name: str) -> None:
    """Raises ModelError before anything is uploaded, or else it is there and told about."""
    stage = load_stage(stage_name)
    if not State(ROOT).runs(stage_name):
        refuse_elsewhere(stage_name)
    file = obtained(source, sha256=None, output=None)
    facts = inspect(file)
    print("\n".join(facts.lines()))
    sha256 = file_digest(file)
    key = object_key(file, sha256)
    lines = list(stage_lines(stage, facts=facts, key=key, sha256=sha256))
    turn_to_sandbox(stage_name)
    bucket = find_bucket(stage_name)
    new = upload(file, bucket=bucket, key=key, sha256=sha256)
    print(f"in the bucket  s3://{bucket}/{key}{'' if new else ' (it was there)'}\n")
    print(f"Put this into infra/stages/{stage_name}.toml and deploy:\n")
    print("\n".join(lines))


def turn_to_sandbox(stage_name: str) -> None:
    """Where the sandbox on this machine runs the stage, it is the AWS that is meant."""
    state = State(ROOT)
    settings = state.settings()
    if settings is not None and state.runs(stage_name):
        use_sandbox(settings.ports.aws)


if __name__ == "__main__":
    sys.exit(main())
