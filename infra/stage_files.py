"""Reads a stage's file and what `cdk -c` overrides; says what is wrong in the reader's words."""

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from infra.sections.section import Problem, as_key, section_in, shown
from infra.settings import StageSettings

STAGES: Final = Path(__file__).parent / "stages"
# How pydantic says that a key is wrong, and not what stands behind it.
KEY_ITSELF: Final = "[key]"

# `cdk -c KEY=VALUE` and the setting that it replaces.
OVERRIDES: Final[dict[str, str]] = {
    "image": "task.image",
    "base_image": "task.base_image",
    "certificate_arn": "endpoint.certificate_arn",
}

_EXPECTED: Final[dict[str, str]] = {
    "bool_type": "write true or false, without quotes",
    "int_type": "write a whole number, without quotes",
    "float_type": "write a number, without quotes",
    "finite_number": "write a finite number",
    "string_type": "write a text in quotes",
    "tuple_type": 'write a list, like ["10.0.0.0/16"]',
    "model_type": "write a section of its own, like [task]",
    "dict_type": "write a section of its own, like [governance.tags] or [schedules.evening]",
    "greater_than": "choose more than {gt}",
    "greater_than_equal": "choose at least {ge}",
    "less_than_equal": "choose at most {le}",
    "literal_error": "choose {expected}",
    "string_too_short": "write at least {min_length} character",
    "string_too_long": "write at most {max_length} characters",
}


class SettingsError(Exception):
    """A stage that cannot be built.

    The message has a line for each problem: `<file>: <path>: <what is wrong>; <what to do>`.
    """


def stage_names(directory: Path = STAGES) -> list[str]:
    """The stages that have a file in `directory`."""
    return sorted(path.stem for path in directory.glob("*.toml"))


def load_stage(
    name: str | None,
    overrides: Mapping[str, str | None] | None = None,
    *,
    directory: Path = STAGES,
) -> StageSettings:
    """The settings of one stage.

    `overrides` has keys of `OVERRIDES`; None leaves the file's value. Raises `SettingsError`.
    """
    if name not in (known := stage_names(directory)):
        given = "got none" if name is None else f"got '{name}'"
        raise SettingsError(
            f"-c stage: {given}; choose one of {', '.join(known)}, or add a file to {directory}"
        )
    file = directory / f"{name}.toml"
    given_overrides = {key: value for key, value in (overrides or {}).items() if value is not None}
    values = _overridden(_read(file), given_overrides, file=file)
    sources = {OVERRIDES[key]: f"-c {key}" for key in given_overrides}
    try:
        return StageSettings.model_validate({**values, "name": name})
    except ValidationError as error:
        raise SettingsError("\n".join(_lines(error, file=file, sources=sources))) from None


def _read(file: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file.name}: is not TOML: {error}; correct the file there") from None
    if "name" in values:
        raise SettingsError(
            f"{file.name}: name: got {values['name']!r}; remove it, a stage is named after its file"
        )
    return values


def _overridden(
    values: dict[str, Any], overrides: Mapping[str, str], *, file: Path
) -> dict[str, Any]:
    result = dict(values)
    for key, value in overrides.items():
        section, setting = OVERRIDES[key].split(".")
        inherited = result.get(section, {})
        if not isinstance(inherited, dict):
            raise SettingsError(
                f"{file.name}: {section}: got {inherited!r}; {_EXPECTED['model_type']}"
            )
        result[section] = {**inherited, setting: value}
    return result


def _lines(error: ValidationError, *, file: Path, sources: Mapping[str, str]) -> Iterator[str]:
    for problem in _problems(error):
        source = sources.get(problem.path)
        yield f"{source or f'{file.name}: {problem.path}'}: {problem.text}"


def _problems(error: ValidationError) -> Iterator[Problem]:
    for details in error.errors():
        if details["type"] == "rules":
            yield from details["ctx"]["problems"]
        else:
            keys = [as_key(str(key)) for key in details["loc"] if key != KEY_ITSELF]
            yield Problem(".".join(keys), _text(details))


def _text(details: ErrorDetails) -> str:
    kind, value, path = details["type"], details["input"], details["loc"]
    if kind == "extra_forbidden":
        return f"got {shown(value)}, but there is no such setting; {_suggestion(path)}"
    if kind == "missing":
        return "got none; write it, it has no default"
    if kind == "setting":
        return f"got {shown(value)}, which {details['msg']}"
    if kind == "string_pattern_mismatch":
        return f"got {shown(value)}; write it like {' or '.join(_examples(path))}"
    remedy = _EXPECTED.get(kind)
    if remedy is None:
        return f"got {shown(value)}; {details['msg']}"
    return f"got {shown(value)}; {remedy.format(**details.get('ctx', {}))}"


def _suggestion(path: tuple[int | str, ...]) -> str:
    section, _ = _reached(path[:-1])
    known = list(section.model_fields)
    near = get_close_matches(str(path[-1]), known, n=1)
    return f"did you mean '{near[0]}'?" if near else f"choose one of {', '.join(sorted(known))}"


def _examples(path: tuple[int | str, ...]) -> list[str]:
    """Of the setting, or of the items in its list."""
    _, field = _reached(path)
    kinds = get_args(field.annotation) if field else ()
    inner = [part for kind in kinds for part in get_args(kind)]
    fields = [each for each in (field, *inner) if isinstance(each, FieldInfo)]
    return [str(example) for each in fields for example in each.examples or ()]


def _reached(path: tuple[int | str, ...]) -> tuple[type[BaseModel], FieldInfo | None]:
    """The innermost section and setting on the way; below a setting are its list's items."""
    section: type[BaseModel] = StageSettings
    field = None
    for key in path:
        # A name that a person chose is no setting.
        if key in section.model_fields:
            field = section.model_fields[str(key)]
            section = section_in(field.annotation) or section
    return section, field
