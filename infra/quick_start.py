"""What lets a synth start quickly; called before the CDK is imported."""

import gc
import sys


def start_quickly() -> None:
    """Collect no garbage, and keep the bytecode of what is imported."""
    # A synth is over before its memory matters.
    gc.disable()
    # Containers often turn it off: each synth would then compile the CDK anew, for seconds.
    sys.dont_write_bytecode = False
