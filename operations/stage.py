"""A stage as it would be deployed: its settings, and its templates as the CDK writes them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from infra.settings import StageSettings
from infra.stage_files import load_stage

ROOT: Final = Path(__file__).parents[1]
STACK_ARTIFACT: Final = "aws:cloudformation:stack"

Template = dict[str, Any]


class Resource(NamedTuple):
    """One resource of a template: its stack's name, its logical id, its type and what it says."""

    stack: str
    logical_id: str
    type: str
    body: dict[str, Any]

    @property
    def properties(self) -> dict[str, Any]:
        """Its properties, with CloudFormation's functions unresolved."""
        properties: dict[str, Any] = self.body.get("Properties", {})
        return properties


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """What the assembly asks of `cdk bootstrap`: the least version, and where it is written."""

    version: int
    parameter: str


@dataclass(frozen=True, slots=True)
class SynthesisedStage:
    """Settings, templates by the name of their stack, and what the CLI would ask of the account."""

    settings: StageSettings
    templates: Mapping[str, Template]
    bootstrap: Bootstrap | None
    builds_image: bool

    def resources(self) -> Iterator[Resource]:
        """Every resource of every stack."""
        return resources_of(self.templates)


def resources_of(templates: Mapping[str, Template]) -> Iterator[Resource]:
    """Every resource of templates by the name of their stack."""
    for stack, template in templates.items():
        for logical_id, body in template.get("Resources", {}).items():
            yield Resource(stack, logical_id, body["Type"], body)


def read_templates(folder: Path) -> dict[str, Template]:
    """The templates in a cloud assembly, by the name of their stack; none where there is none."""
    manifest = folder / "manifest.json"
    artifacts = _read(manifest)["artifacts"].values() if manifest.exists() else ()
    stacks = [item["properties"] for item in artifacts if item["type"] == STACK_ARTIFACT]
    return {item["stackName"]: _read(folder / item["templateFile"]) for item in stacks}


def synthesise_stage(
    name: str, overrides: Mapping[str, str | None] | None = None
) -> SynthesisedStage:
    """Synthesise as the CLI would, with the context of cdk.json. Raises `SettingsError`."""
    with TemporaryDirectory() as folder:
        settings = write_stage(name, Path(folder), overrides)
        return read_assembly(Path(folder), settings=settings)


def write_stage(
    name: str, folder: Path, overrides: Mapping[str, str | None] | None = None
) -> StageSettings:
    """Write the stage's cloud assembly into a folder. Raises `SettingsError`."""
    # The CDK takes seconds to load, and who reads an assembly has no use for it.
    from aws_cdk import App

    from infra.build import build, synthesise

    settings = load_stage(name, overrides)
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    synthesise(build(App(context=context, outdir=str(folder)), settings))
    return settings


def read_assembly(folder: Path, *, settings: StageSettings) -> SynthesisedStage:
    """The stage in a cloud assembly."""
    artifacts = _read(folder / "manifest.json")["artifacts"].values()
    stacks = [item for item in artifacts if item["type"] == STACK_ARTIFACT]
    properties = [item["properties"] for item in stacks]
    return SynthesisedStage(
        settings=settings,
        templates=read_templates(folder),
        bootstrap=_bootstrap(properties),
        builds_image=any(_read(file)["dockerImages"] for file in folder.glob("*.assets.json")),
    )


def _bootstrap(properties: list[dict[str, Any]]) -> Bootstrap | None:
    asked = [item for item in properties if "requiresBootstrapStackVersion" in item]
    if not asked:
        return None
    strictest = max(asked, key=lambda item: int(item["requiresBootstrapStackVersion"]))
    return Bootstrap(
        version=int(strictest["requiresBootstrapStackVersion"]),
        parameter=strictest["bootstrapStackVersionSsmParameter"],
    )


def _read(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content
