"""How the service is told to start the engine of fixed pace."""

from __future__ import annotations

from pathlib import Path

PACE_VARIABLE = "PACED_ENGINE_MS"
LIBRARY = Path(__file__).parent / "library"  # has a module by the name of llama.cpp's


def paced_environment(*, pace_ms: float) -> dict[str, str]:
    """The variables that the service's process needs besides its settings."""
    return {"PYTHONPATH": str(LIBRARY), PACE_VARIABLE: str(pace_ms)}
