"""What the image adds to its base, layer by layer.

    python -m bench.image llm-on-ecs:one --base python:3.13-slim-bookworm

Both are images that Docker has here. Sizes are of the unpacked files, as `docker history` tells
them; a registry holds and a task pulls the layers compressed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from dataclasses import dataclass

from bench.bars import IMAGE, Reached

MEGABYTE = 10**6


@dataclass(frozen=True, slots=True)
class Layer:
    made_by: str
    bytes: int
    holds_model: bool


@dataclass(frozen=True, slots=True)
class Image:
    """The layers above the base, the lowest first."""

    layers: tuple[Layer, ...]

    @property
    def bytes(self) -> int:
        """Without the model, which has a layer of its own."""
        return sum(layer.bytes for layer in self.layers if not layer.holds_model)

    @property
    def model_bytes(self) -> int:
        return sum(layer.bytes for layer in self.layers if layer.holds_model)


def image(name: str, *, base: str) -> Image:
    """Raises CalledProcessError where Docker does not answer or has no such image."""
    layers = history(name)
    return Image(tuple(layers[len(history(base)) :]))


def history(name: str) -> list[Layer]:
    """The lowest first."""
    command = ["docker", "history", "--no-trunc", "--human=false", "--format", "{{json .}}", name]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [layer(json.loads(line)) for line in reversed(told.splitlines())]


def layer(told: dict[str, str]) -> Layer:
    """Of one line. The model's layer is known by its package's name in what made it."""
    made_by = told["CreatedBy"]
    return Layer(made_by, int(told["Size"]), holds_model="/model" in made_by)


def reached(name: str, *, base: str) -> list[Reached]:
    found = image(name, base=base)
    told = f"the model's layer {found.model_bytes / MEGABYTE:.0f} MB"
    return [Reached(IMAGE, found.bytes / MEGABYTE, told)]


def told(found: Image) -> str:
    lines = [f"{layer.bytes / MEGABYTE:8.1f} MB  {layer.made_by[:90]}" for layer in found.layers]
    above, model = found.bytes / MEGABYTE, found.model_bytes / MEGABYTE
    return "\n".join([*lines, f"{above:.0f} MB above its base, and the model's {model:.0f} MB."])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.image")
    parser.add_argument("name")
    parser.add_argument("--base", required=True)
    arguments = parser.parse_args()
    print(told(image(arguments.name, base=arguments.base)))


if __name__ == "__main__":
    main()
