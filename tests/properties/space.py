"""The whole space of settings, read from the pydantic models: a new setting is in it by itself."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from infra.settings import StageSettings
from tests.properties.well_formed import PRINTABLE, checked_by, texts_like

# What a person may write where nothing bounds it: TOML's largest whole number.
LARGEST: Final = 2**63 - 1
USUAL: Final = 1000
MOST_ITEMS: Final = 3
MOST_SIGNS: Final = 40
# What a file does not say: it is the name of the file itself.
NAME: Final = "name"

Values = dict[str, Any]
Strategy = st.SearchStrategy[Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting, by its dotted path, and its field in the model."""

    path: str
    field: FieldInfo

    def values(self) -> Strategy:
        """What may stand in a file for it, by its own type and bounds alone."""
        drawn = values_of(self.field.annotation, self.field.metadata, default=self.field.default)
        if not self.field.examples or get_origin(self.field.annotation) in (tuple, dict):
            return drawn
        # A pattern alone comes to regions, for example, that there are not.
        return st.one_of(st.sampled_from(self.field.examples), drawn)


def _settings(model: type[BaseModel], prefix: str) -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        if section := section_of(field.annotation):
            yield from _settings(section, f"{prefix}{name}.")
        elif prefix or name != NAME:
            yield Setting(f"{prefix}{name}", field)


def section_of(kind: Any) -> type[BaseModel] | None:
    """The model of a field that is a table of its own in the file."""
    kinds = [part for part in (get_args(kind) or (kind,)) if part is not types.NoneType]
    found = kinds[0] if len(kinds) == 1 else None
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def base_of(kind: Any) -> Any:
    """A type without its annotations."""
    return base_of(get_args(kind)[0]) if get_origin(kind) is Annotated else kind


def constraints_of(metadata: Iterable[Any]) -> Iterator[Any]:
    """Bounds and the like, those of an inner `Field` too."""
    for item in metadata:
        if isinstance(item, FieldInfo):
            yield from constraints_of(item.metadata)
        else:
            yield item


def table_of(kind: Any) -> type[BaseModel] | None:
    """The model of the tables that a setting holds by names of a person's own."""
    return section_of(get_args(kind)[1]) if get_origin(kind) in (dict, Mapping) else None


def options_of(kind: Any) -> tuple[Any, ...]:
    """What a setting that is one of a few can be; nothing for one that can be anything."""
    kind = base_of(kind)
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(option for part in get_args(kind) for option in options_of(part))
    if get_origin(kind) is Literal:
        return get_args(kind)
    return (False, True) if kind is bool else ()


# Mostly many; made small, few.
MANY: Final = st.one_of(st.integers(0, 40), *[st.integers(15, 40)] * 3)
FEW: Final = st.integers(0, 4)


@st.composite
def chosen(draw: st.DrawFn, counts: st.SearchStrategy[int] = MANY) -> Values:
    """Some settings by their paths, each value good by itself, though not beside the others."""
    count = draw(counts)
    paths = st.sampled_from(sorted(SETTINGS))
    picked = draw(st.lists(paths, unique=True, min_size=count, max_size=count))
    return {path: draw(VALUES[path]) for path in picked}


def names() -> st.SearchStrategy[str]:
    """Names of stages."""
    return Setting(NAME, StageSettings.model_fields[NAME]).values()


def values_of(kind: Any, metadata: Iterable[Any] = (), *, default: Any = None) -> Strategy:
    """What may stand in a file for a value of this type."""
    if get_origin(kind) is Annotated:
        base, *more = get_args(kind)
        return values_of(base, [*metadata, *more], default=default)
    constraints = list(constraints_of(metadata))
    if get_origin(kind) in (Union, types.UnionType):
        # None is said by silence.
        kinds = [part for part in get_args(kind) if part is not types.NoneType]
        return st.one_of(*(values_of(part, constraints, default=default) for part in kinds))
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    least, most = _sizes(constraints, most=MOST_ITEMS)
    if get_origin(kind) in (tuple, list, frozenset):
        items = values_of(get_args(kind)[0])
        return st.lists(items, unique_by=repr, min_size=least, max_size=most)
    if get_origin(kind) in (dict, Mapping):
        keys, values = map(values_of, get_args(kind))
        return st.dictionaries(keys, values, min_size=least, max_size=most)
    return _plain(kind, constraints, default)


def _plain(kind: Any, constraints: list[Any], default: Any) -> Strategy:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _tables(kind)
    if kind is bool:
        return st.booleans()
    if kind is int:
        return _integers(constraints, default)
    if kind is float:
        return _floats(constraints)
    if kind is str:
        return _texts(constraints)
    raise NotImplementedError(f"settings of the type {kind}; add it here")


def _tables(model: type[BaseModel]) -> st.SearchStrategy[Values]:
    """Of a setting that holds several tables."""
    required: dict[str, Strategy] = {}
    optional: dict[str, Strategy] = {}
    for name, field in model.model_fields.items():
        (required if field.is_required() else optional)[name] = Setting(name, field).values()
    return st.fixed_dictionaries(required, optional=optional)


def _integers(constraints: list[Any], default: Any) -> st.SearchStrategy[int]:
    low = _bound(constraints, "ge", _bound(constraints, "gt", 0, step=1))
    high = _bound(constraints, "le", _bound(constraints, "lt", LARGEST, step=-1))
    # Mostly near what is usual; also both ends, and all between.
    usual = default if default and isinstance(default, int) else max(low, USUAL)
    return st.one_of(
        st.integers(low, min(high, 4 * usual)), st.sampled_from([low, high]), st.integers(low, high)
    )


def _floats(constraints: list[Any]) -> st.SearchStrategy[float]:
    above, below = _bound(constraints, "gt", None), _bound(constraints, "lt", None)
    return st.floats(
        _bound(constraints, "ge", above),
        _bound(constraints, "le", below),
        exclude_min=above is not None,
        exclude_max=below is not None,
        allow_nan=False,
        allow_infinity=False,
    )


def _bound(constraints: list[Any], key: str, default: Any, *, step: int = 0) -> Any:
    for constraint in constraints:
        value = getattr(constraint, key, None)
        if value is not None:
            return value + step if step else value
    return default


def _sizes(constraints: list[Any], *, most: int) -> tuple[int, int]:
    least = _bound(constraints, "min_length", 0)
    return least, min(_bound(constraints, "max_length", least + most), least + most)


def _texts(constraints: list[Any]) -> st.SearchStrategy[str]:
    least, most = _sizes(constraints, most=MOST_SIGNS)
    for constraint in constraints:
        if isinstance(constraint, AfterValidator):
            return checked_by(constraint.func)
    pattern = _bound(constraints, "pattern", None)
    if pattern is None:
        return st.text(PRINTABLE, min_size=least, max_size=most)
    longest = _bound(constraints, "max_length", None)
    return texts_like(pattern).filter(lambda text: longest is None or len(text) <= longest)


def _inner(settings: Iterable[Setting]) -> Iterator[Setting]:
    """Those of the tables that some settings hold; `*` stands for a table's name."""
    for setting in settings:
        if table := table_of(setting.field.annotation):
            yield from _settings(table, f"{setting.path}.*.")


SETTINGS: Final = {setting.path: setting for setting in _settings(StageSettings, "")}
INNER: Final = {setting.path: setting for setting in _inner(SETTINGS.values())}
OPTIONS: Final = {
    path: options
    for path, setting in (SETTINGS | INNER).items()
    if (options := options_of(setting.field.annotation))
}
VALUES: Final = {path: setting.values() for path, setting in SETTINGS.items()}
