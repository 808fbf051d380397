"""What the settings promise to those who read and edit them; the rules are tests of sections."""

import tomllib
from typing import Any, get_args

import jsonschema  # type: ignore[import-untyped]  # its types are another package
import pytest
from pydantic import ValidationError

from infra.sections.section import fields
from infra.settings import StageSettings, settings_schema
from infra.stage_files import STAGES, load_stage, stage_names
from tests.infra.stages import stage

FIELDS = dict(fields(StageSettings))


def pattern_of(path: str) -> str | None:
    """Of a setting's text, or of the texts in its list."""
    own = [item.pattern for item in FIELDS[path].metadata if getattr(item, "pattern", None)]
    listed = [
        item.pattern
        for annotation in get_args(FIELDS[path].annotation)
        for field in get_args(annotation)
        for item in getattr(field, "metadata", ())
        if getattr(item, "pattern", None)
    ]
    return next(iter([*own, *listed]), None)


@pytest.mark.parametrize("path", FIELDS)
def test_every_setting_is_described(path: str) -> None:
    description = FIELDS[path].description
    assert description is not None
    assert description.endswith(".")


@pytest.mark.parametrize("path", FIELDS)
def test_every_setting_with_a_pattern_has_examples_that_match_it(path: str) -> None:
    pattern = pattern_of(path)
    examples = FIELDS[path].examples
    assert bool(pattern) == bool(examples)
    for example in examples or ():
        jsonschema.validate(example, {"type": "string", "pattern": pattern})


def test_settings_in_sections_that_a_person_names_are_among_them() -> None:
    assert "schedules.NAME.cron" in FIELDS


def test_settings_cannot_be_changed_once_made() -> None:
    settings = stage()
    with pytest.raises(ValidationError, match="frozen"):
        settings.task.cpu = 256  # type: ignore[misc]


@pytest.mark.parametrize("name", stage_names())
def test_the_schema_accepts_every_stage_file(name: str) -> None:
    content = tomllib.loads((STAGES / f"{name}.toml").read_text(encoding="utf-8"))
    jsonschema.validate(content, settings_schema())


@pytest.mark.parametrize(
    "content", [{"name": "dev"}, {"task": {"memry_mib": 1}}, {"engine": {"slots": 0}}]
)
def test_the_schema_refuses_what_the_settings_refuse(content: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, settings_schema())


def test_only_stage_local_answers_without_a_key_and_only_on_grpc() -> None:
    auths = {
        name: (load_stage(name).auth.rest, load_stage(name).auth.grpc) for name in stage_names()
    }
    assert auths.pop("local") == ("keys", "off")
    assert set(auths.values()) == {("keys", "keys")}


def test_stage_local_is_what_the_sandbox_runs() -> None:
    settings = load_stage("local")
    assert (settings.task.cpu, settings.task.memory_mib) == (1024, 2048)
    assert (settings.engine.slots, settings.engine.context_tokens) == (8, 2048)
    assert (settings.scaling.min_tasks, settings.auth.poll_seconds) == (2, 5)
    assert settings.limits.longest_generation_seconds == 120
