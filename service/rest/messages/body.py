"""The bodies of Anthropic's Messages API, as requests for a chat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Discriminator, FailFast, Field, Tag, model_validator

from service.chat_turns import MESSAGES_AT_MOST
from service.errors import InvalidRequest
from service.generation import FieldNames, GenerationRequest, Json, Message, ToolMode, Tools
from service.rest.messages.blocks import CacheControl, Texts, written
from service.rest.messages.turns import Turn, check_calls
from service.rest.strict import Strict
from service.sampling import STOP_SEQUENCES_AT_MOST, JsonSchema, Sampling, StopSequence
from service.structure.strictness import check_strict
from service.tools import ONLY_WITH_TOOLS, TOOLS_AT_MOST, FunctionName, check_names
from service.violations import one_of, tag, type_of, unsupported_type

MODES: Mapping[str, ToolMode] = MappingProxyType(  # OpenAI's names
    {"auto": "auto", "any": "required", "tool": "required", "none": "none"}
)
NAMES = FieldNames("messages", effort="output_config.effort")


class Tool(Strict):
    """A function that the model may call. Those that Anthropic's servers run are not offered."""

    type: Literal["custom"] | None = None
    name: FunctionName
    description: str | None = None
    input_schema: JsonSchema = Field(description="A JSON Schema of an object.")
    strict: bool | None = None
    cache_control: CacheControl | None = None
    eager_input_streaming: bool | None = None

    @model_validator(mode="after")
    def _is_honoured(self) -> Self:
        if self.strict:
            check_strict(self.input_schema)
        return self

    def to_function(self) -> Json:
        function = {"name": self.name, "parameters": self.input_schema}
        for name in ("description", "strict"):
            if (value := getattr(self, name)) is not None:
                function[name] = value
        return {"type": "function", "function": function}


def only_custom(tool: object) -> object:
    if (kind := type_of(tool)) not in (None, "custom"):
        raise unsupported_type(f"got '{kind}'; no tools are run here: leave it out")
    return tool


AnyTool = Annotated[Tool, BeforeValidator(only_custom)]


class ToolChoice(Strict):
    type: Annotated[Literal["auto", "any", "none"], one_of("auto", "any", "tool", "none")]
    disable_parallel_tool_use: bool | None = None


class NamedChoice(Strict):
    type: Literal["tool"]
    name: FunctionName = Field(description="Of the one to call.")
    disable_parallel_tool_use: bool | None = None


def choice_type(choice: object) -> str:
    return tag("tool" if type_of(choice) == "tool" else "mode")


AnyChoice = Annotated[
    Annotated[ToolChoice, Tag(tag("mode"))] | Annotated[NamedChoice, Tag(tag("tool"))],
    Discriminator(choice_type),
]


class Thinking(Strict):
    """A budget for thinking is not offered: a model that thinks does so as much as it wants."""

    type: Literal["disabled", "adaptive"]
    display: Literal["summarized"] | None = None


class JsonFormat(Strict):
    type: Literal["json_schema"]
    schema_: JsonSchema = Field(alias="schema", description="A JSON Schema.")


class OutputConfig(Strict):
    format: JsonFormat | None = None
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = Field(
        None, description="Only where the model's template has a place for it."
    )


class CountBody(Strict):
    """POST /v1/messages/count_tokens.

    `unsupported` says why a field of Anthropic's is not honoured with every value.
    """

    unsupported: ClassVar[Mapping[str, str]] = {
        "thinking.type": "a model that thinks does so as much as it wants, without a budget; leave "
        "it out, or send disabled or adaptive",
    }

    messages: Annotated[list[Turn], FailFast()] = Field(min_length=1, max_length=MESSAGES_AT_MOST)
    model: str | None = None
    system: Texts = Field([], description="What the model is told before the first turn.")
    tools: Annotated[list[AnyTool], FailFast()] = Field([], max_length=TOOLS_AT_MOST)
    tool_choice: AnyChoice | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    cache_control: CacheControl | None = None

    def to_request(self) -> GenerationRequest:
        check_calls(self.messages)
        return GenerationRequest(
            prompt=tuple(self._turns()),
            sampling=self.to_sampling(),
            model=self.model,
            tools=self._tools(),
            reasoning_effort=self.output_config.effort if self.output_config else None,
            names=NAMES,
        )

    def to_sampling(self) -> Sampling:
        wanted = self.output_config.format if self.output_config else None
        # Not validated again, which would prepare the schema twice.
        return Sampling().model_copy(update={"json_schema": wanted.schema_ if wanted else None})

    def _turns(self) -> Iterator[Message]:
        if self.system:
            yield Message("system", written(self.system))
        for turn in self.messages:
            yield from turn.to_messages()

    def _tools(self) -> Tools | None:
        choice = self.tool_choice
        if not self.tools:
            if choice is not None and choice.type in {"any", "tool"}:
                raise InvalidRequest.of_field("tool_choice", ONLY_WITH_TOOLS)
            return None
        check_names(tool.name for tool in self.tools)
        if choice is None:
            return Tools(tuple(tool.to_function() for tool in self.tools))
        offered = self._named(choice.name) if isinstance(choice, NamedChoice) else self.tools
        return Tools(
            tuple(tool.to_function() for tool in offered),
            MODES[choice.type],
            not choice.disable_parallel_tool_use,
        )

    def _named(self, name: str) -> list[Tool]:
        """The engine honours no name: who wants one function alone leaves the others out."""
        found = [tool for tool in self.tools if tool.name == name]
        if not found:
            raise InvalidRequest.of_field("tool_choice.name", "it names none of `tools`")
        return found


class Metadata(Strict):
    user_id: str | None = None


class MessagesBody(CountBody):
    """POST /v1/messages. What is not offered may be sent as what it is then."""

    unsupported: ClassVar[Mapping[str, str]] = {
        **CountBody.unsupported,
        "container": "nothing is run here; leave it out",
        "diagnostics": "there are none; leave it out",
        "inference_geo": "it is computed where the endpoint is; leave it out",
        "service_tier": "there is one tier; leave it out, or send auto or standard_only",
        "speed": "there is one speed; leave it out, or send standard",
    }

    max_tokens: int = Field(ge=1, description="Most tokens to generate.")
    stream: bool | None = None
    temperature: float | None = Field(None, ge=0, le=1, description="0 is greedy.")
    top_p: float | None = Field(None, ge=0, le=1, description="Nucleus sampling's mass.")
    top_k: int | None = Field(None, ge=0, le=1000, description="Likeliest tokens; 0 is all.")
    stop_sequences: list[StopSequence] = Field(
        [], max_length=STOP_SEQUENCES_AT_MOST, description="Texts that end the generation."
    )
    metadata: Metadata | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    speed: Literal["standard"] | None = None
    container: None = None
    inference_geo: None = None
    diagnostics: None = None

    def to_sampling(self) -> Sampling:
        asked = {
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "top_k": self.top_k,
            "stop": self.stop_sequences or None,
            # Of a stream, the first event tells how long the prompt is.
            "return_progress": self.stream or None,
        }
        return super().to_sampling().model_copy(update=asked)
