"""The service's engine process with some of llama.cpp's parameters changed, to measure them.

Run as `python -m bench.varied_engine`, with EngineParameters and then the changes as JSON: values
by path, such as {"cpuparams_batch.n_threads": 1, "flash_attn_type": "DISABLED"}.
"""

from __future__ import annotations

import json
import sys
from enum import Enum
from functools import reduce
from typing import Any

from service.engine.child import llama_parameters, serve
from service.engine.parameters import EngineParameters


def changed(llama: Any, path: str, value: Any) -> None:
    """Sets it; of an enumeration by the end of a member's name. Raises what is not there."""
    *way, name = path.split(".")
    owner = reduce(getattr, way, llama)
    setattr(owner, name, member(getattr(owner, name), value))


def member(current: Any, value: Any) -> Any:
    """Of the current value's enumeration, where it is of one, or a list of such."""
    if isinstance(current, list):
        return [member(current[0], each) for each in value]
    if not isinstance(current, Enum):
        return value
    (found,) = (each for each in type(current) if each.name.endswith(f"_{value}"))
    return found


def main() -> None:
    parameters, changes = sys.argv[1:]
    llama = llama_parameters(EngineParameters.from_json(parameters))
    for path, value in json.loads(changes).items():
        changed(llama, path, value)
    serve(llama)


if __name__ == "__main__":
    main()
