"""`system_fingerprint`: while it is the same, the same seed gives the same answer, or nearly so."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path


def fingerprint(**settings: object) -> str:
    """Of the settings that change answers, the engine's build, and the kind of CPU it computes on.

    Not quite the same: batches are computed together with whatever else runs at the moment.
    """
    source = {"xllamacpp": version("xllamacpp"), "machine": platform.machine(), **settings}
    digest = hashlib.sha256(json.dumps(source, sort_keys=True, default=str).encode())
    return "fp_" + digest.hexdigest()[:10]


def processor_features() -> str:
    """What Linux says that the processor can; an engine that was built for it computes by that."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")
