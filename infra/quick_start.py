"""What lets a synth start quickly; called before the CDK is imported."""

import gc
import os
import sys


def start_quickly() -> None:
    """Collect no garbage, keep the bytecode of what is imported, and leave Node's cache alone."""
    # A synth is over before its memory matters.
    gc.disable()
    # Containers often turn it off: each synth would then compile the CDK anew, for seconds.
    sys.dont_write_bytecode = False
    # It is for the command line. The CDK's kernel gains next to nothing by it, and starts from
    # another folder each time: its part of the cache would grow with each synth.
    os.environ.pop("NODE_COMPILE_CACHE", None)
