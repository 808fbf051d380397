"""The functions that a chat lets the model call: OpenAI's shape and rules, for both transports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from service.errors import InvalidRequest
from service.generation import ToolMode, Tools
from service.sampling import JsonSchema
from service.structure.strictness import check_strict
from service.violations import tag, type_of, unsupported_type

TOOLS_AT_MOST = 128  # OpenAI's API reference, `tools`
ONLY_WITH_TOOLS = "it is only allowed with `tools`"

FunctionName = Annotated[str, Field(pattern="^[a-zA-Z0-9_-]{1,64}$")]


class Part(BaseModel):
    """Refuses what it does not know: a field that is ignored in silence is a trap."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Function(Part):
    name: FunctionName
    description: str | None = None
    parameters: JsonSchema | None = Field(None, description="A JSON Schema of an object.")
    strict: bool | None = Field(
        None, description="true: a keyword that the engine does not honour is refused."
    )

    @model_validator(mode="after")
    def _is_honoured(self) -> Self:
        if self.strict and self.parameters is not None:
            check_strict(self.parameters)
        return self


def only_functions(tool: object) -> object:
    """What vendors' own servers run, and what is no function, is told from what nobody knows."""
    if (kind := type_of(tool)) not in (None, "function"):
        raise unsupported_type(
            f"got '{kind}'; the model can call functions of yours, and nothing is run here: send "
            "'function', or leave it out"
        )
    return tool


OnlyFunctions = BeforeValidator(only_functions)


class Tool(Part):
    type: Literal["function"]
    function: Function


class FunctionChoice(Part):
    name: FunctionName


class ToolChoice(Part):
    type: Literal["function"]
    function: FunctionChoice


def choice_kind(choice: object) -> str:
    if isinstance(choice, str):
        return tag("mode")
    return tag("allowed" if type_of(choice) == "allowed_tools" else "function")


class Allowed(Part):
    """Some of the tools: the model may, or must, call one of these."""

    mode: Literal["auto", "required"]
    tools: list[ToolChoice] = Field(min_length=1, max_length=TOOLS_AT_MOST)


class AllowedTools(Part):
    type: Literal["allowed_tools"]
    allowed_tools: Allowed


AnyChoice = Annotated[
    Annotated[ToolMode, Tag(tag("mode"))]
    | Annotated[ToolChoice, OnlyFunctions, Tag(tag("function"))]
    | Annotated[AllowedTools, Tag(tag("allowed"))],
    Discriminator(choice_kind),
]


class ToolOptions(Part):
    """What a chat's request says of tools."""

    tools: list[Annotated[Tool, OnlyFunctions]] | None = Field(
        None, min_length=1, max_length=TOOLS_AT_MOST, description="What the model may call."
    )
    tool_choice: AnyChoice | None = Field(None, description="Whether it may, must or must not.")
    parallel_tool_calls: bool | None = Field(
        None, description="Several calls in one answer; only with `tools`."
    )

    def to_tools(self) -> Tools | None:
        """Raises InvalidRequest where what is chosen is not offered, or nothing is."""
        if self.tools is None:
            if self.tool_choice not in (None, "none", "auto"):
                raise InvalidRequest.of_field("tool_choice", ONLY_WITH_TOOLS)
            if self.parallel_tool_calls is not None:
                raise InvalidRequest.of_field("parallel_tool_calls", ONLY_WITH_TOOLS)
            return None
        check_names(tool.function.name for tool in self.tools)
        mode, names = self._chosen()
        functions = [tool.model_dump(exclude_none=True) for tool in self.tools]
        return Tools(
            functions=tuple(tool for tool in functions if tool["function"]["name"] in names),
            choice=mode,
            parallel=self.parallel_tool_calls,
        )

    def _chosen(self) -> tuple[ToolMode | None, set[str]]:
        """May or must the model call, and which functions? The engine is offered no others."""
        offered = {tool.function.name for tool in self.tools or ()}
        match self.tool_choice:
            case ToolChoice() as choice:
                return "required", self._only([choice], offered)
            case AllowedTools() as choice:
                return choice.allowed_tools.mode, self._only(choice.allowed_tools.tools, offered)
            case mode:
                return mode, offered

    def _only(self, chosen: list[ToolChoice], offered: set[str]) -> set[str]:
        names = {choice.function.name for choice in chosen}
        for name in sorted(names - offered):
            rule = f"no function of `tools` is named {name}"
            raise InvalidRequest.of_field("tool_choice", rule)
        return names


def check_names(names: Iterable[str]) -> None:
    """Raises InvalidRequest where two are the same: nobody could tell which of them is called."""
    (name, times), *_ = Counter(names).most_common(1)
    if times > 1:
        raise InvalidRequest.of_field("tools", f"{times} of them are named {name}")
