"""How much work a function is, in a figure that is the same on every machine."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import service

SOURCE = str(Path(service.__file__).parent)


def lines_run(function: Callable[[], object]) -> int:
    """How many lines of the service it runs, each as often as it does.

    Without the garbage of other tests, which would be collected in between.
    """
    lines = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal lines
        if not frame.f_code.co_filename.startswith(SOURCE):
            return None
        lines += event == "line"
        return trace

    before = sys.gettrace()
    gc.disable()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
        gc.enable()
    return lines
