"""Lets the files below, which cfn-lint loads one by one and not as a package, import each other.

cfn-lint walks the folder that `--append-rules` names from the top: this file is the only one there,
and so the first. It stands first on the path only while it imports: another package of this name
there is passed over, and nothing of this project hides another's modules afterwards.
"""

import importlib
import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parents[2])
sys.path.insert(0, _ROOT)
try:
    importlib.import_module("infra.reading")
except ModuleNotFoundError as error:
    loaded = getattr(sys.modules.get("infra"), "__file__", None)
    raise ImportError(
        f"another package infra was loaded before these rules: got {loaded}; run cfn-lint alone"
    ) from error
finally:
    sys.path.remove(_ROOT)
