"""The stages as the CDK writes them, each synthesised once and read back from its files."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from aws_cdk import App
from aws_cdk.assertions import Template

from infra.build import build, synthesise
from infra.stage_files import load_stage

ROOT: Final = Path(__file__).parents[2]
CERTIFICATE: Final = "arn:aws:acm:us-east-1:123456789012:certificate/sandbox"
IMAGE: Final = "llm-on-ecs:local"

# What is deployed: the stage, and what the command line overrides. `dev` and `prod` build an image.
VARIANTS: Final[dict[str, tuple[str, dict[str, str | None]]]] = {
    "local": ("local", {"image": IMAGE}),
    "local-https": ("local", {"image": IMAGE, "certificate_arn": CERTIFICATE}),
    "dev": ("dev", {}),
    "dev-base": ("dev", {"base_image": "offline-base:1"}),
    "prod": ("prod", {}),
}
STACKS: Final = ("Registry", "Network", "Inference")


@dataclass(frozen=True)
class Assembly:
    """One synthesised stage."""

    directory: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What the CLI reads first: artifacts, their order and their messages."""
        return self._read("manifest.json")

    @cached_property
    def templates(self) -> dict[str, dict[str, Any]]:
        """The templates by construct id of their stack."""
        return {stack: self._read(f"{stack}.template.json") for stack in STACKS}

    @cached_property
    def registry(self) -> Template:
        """The registry stack's template, for assertions."""
        return Template.from_json(self.templates["Registry"])

    @cached_property
    def network(self) -> Template:
        """The network stack's template, for assertions."""
        return Template.from_json(self.templates["Network"])

    @cached_property
    def inference(self) -> Template:
        """The inference stack's template, for assertions."""
        return Template.from_json(self.templates["Inference"])

    def resources(self, resource_type: str, *, stack: str = "Inference") -> dict[str, Any]:
        """Logical id and body of every resource of one type."""
        return {
            logical_id: body
            for logical_id, body in self.templates[stack]["Resources"].items()
            if body["Type"] == resource_type
        }

    def only(self, resource_type: str, *, stack: str = "Inference") -> Any:
        """The properties of the one resource of this type."""
        (body,) = self.resources(resource_type, stack=stack).values()
        return body["Properties"]

    def images(self) -> dict[str, Any]:
        """The container images that the CLI is to build and push for the inference stack."""
        images: dict[str, Any] = self._read("Inference.assets.json")["dockerImages"]
        return images

    def report(self, name: str) -> dict[str, Any]:
        """A further file of the assembly."""
        return self._read(name)

    def _read(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.directory / name).read_text(encoding="utf-8"))
        return content


def synthesise_variant(variant: str, directory: Path) -> Assembly:
    """Synthesise as the CLI would: with the context of cdk.json, which holds the feature flags."""
    stage, overrides = VARIANTS[variant]
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = App(context=context, outdir=str(directory))
    synthesise(build(app, load_stage(stage, overrides)))
    return Assembly(directory)
