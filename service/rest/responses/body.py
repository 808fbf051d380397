"""The bodies of OpenAI's Responses API, as requests for a chat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from service.errors import InvalidRequest
from service.generation import Effort, FieldNames, GenerationRequest, Json, Message, ToolMode, Tools
from service.json_types import Off
from service.rest.bodies import Metadata
from service.rest.formats import NamedSchema, ObjectFormat, TextFormat, format_type
from service.rest.responses.echoes import Echoed
from service.rest.responses.items import Items, check_calls, turns
from service.rest.strict import Strict
from service.sampling import ALTERNATIVES_AT_MOST, Sampling
from service.tools import (
    ONLY_WITH_TOOLS,
    TOOLS_AT_MOST,
    Function,
    FunctionName,
    OnlyFunctions,
    check_names,
)
from service.violations import tag

NAMES = FieldNames("input", "max_output_tokens", "reasoning.effort")
INCLUDED_AT_MOST = 16  # more than there are values

Included = Literal["message.output_text.logprobs"]


NOTHING_KEPT = "nothing is kept here from one response to the next; leave it out"


class Tool(Function, Echoed):
    """A function that the model may call. Those that OpenAI's servers run are not offered."""

    type: Literal["function"]

    def to_function(self) -> Json:
        return {
            "type": "function",
            "function": self.model_dump(exclude={"type"}, exclude_none=True),
        }


AnyTool = Annotated[Tool, OnlyFunctions]


class FunctionChoice(Strict):
    type: Literal["function"]
    name: FunctionName


def mode_or_function(choice: object) -> str:
    return tag("mode") if isinstance(choice, str) else tag("function")


AnyChoice = Annotated[
    Annotated[ToolMode, Tag(tag("mode"))]
    | Annotated[FunctionChoice, OnlyFunctions, Tag(tag("function"))],
    Discriminator(mode_or_function),
]


class SchemaFormat(NamedSchema, Echoed):
    type: Literal["json_schema"]

    def to_schema(self) -> Json | None:
        return self.schema_


AnyFormat = Annotated[
    Annotated[TextFormat, Tag(tag("text"))]
    | Annotated[ObjectFormat, Tag(tag("json_object"))]
    | Annotated[SchemaFormat, Tag(tag("json_schema"))],
    Discriminator(format_type),
]


class TextOptions(Strict):
    format: AnyFormat | None = None
    verbosity: Literal["medium"] | None = None


class Reasoning(Strict):
    """What a model thinks is told whole, never as a summary."""

    effort: Effort | None = Field(
        None, description="Only where the model's template has a place for it, or none."
    )
    summary: None = None


class CountBody(Strict):
    """POST /v1/responses/input_tokens.

    `unsupported` says why a field of OpenAI's is not honoured, or not with every value.
    """

    unsupported: ClassVar[Mapping[str, str]] = {
        "conversation": NOTHING_KEPT,
        "previous_response_id": NOTHING_KEPT,
        "reasoning.summary": "what a model thinks is told whole; leave it out",
        "text.verbosity": "the engine has no such setting; leave it out, or send medium",
        "truncation": "no input is cut to fit; leave it out, or send disabled",
    }

    input: Items = Field(min_length=1)
    model: str | None = None
    instructions: str | None = None
    tools: Annotated[list[AnyTool], Field(max_length=TOOLS_AT_MOST, fail_fast=True)] | None = None
    tool_choice: AnyChoice | None = None
    parallel_tool_calls: bool | None = None
    text: TextOptions | None = None
    reasoning: Reasoning | None = None
    truncation: Literal["disabled"] | None = None
    previous_response_id: None = None
    conversation: None = None

    def to_request(self) -> GenerationRequest:
        check_calls(self.input)
        told = (Message("system", self.instructions),) if self.instructions else ()
        return GenerationRequest(
            prompt=(*told, *turns(self.input)),
            sampling=self.to_sampling(),
            model=self.model,
            tools=self._tools(),
            reasoning_effort=self.reasoning.effort if self.reasoning else None,
            names=NAMES,
        )

    def to_sampling(self) -> Sampling:
        wanted = self.text.format if self.text else None
        # Not validated again, which would prepare the schema twice.
        return Sampling().model_copy(update={"json_schema": wanted.to_schema() if wanted else None})

    def _tools(self) -> Tools | None:
        choice = self.tool_choice
        if not self.tools:
            if choice not in (None, "auto", "none"):
                raise InvalidRequest.of_field("tool_choice", ONLY_WITH_TOOLS)
            return None
        check_names(tool.name for tool in self.tools)
        if isinstance(choice, FunctionChoice):
            return Tools((self._named(choice.name),), "required", self.parallel_tool_calls)
        functions = tuple(tool.to_function() for tool in self.tools)
        return Tools(functions, choice, self.parallel_tool_calls)

    def _named(self, name: str) -> Json:
        """The engine honours no name: who wants one function alone leaves the others out."""
        for tool in self.tools or ():
            if tool.name == name:
                return tool.to_function()
        raise InvalidRequest.of_field("tool_choice.name", "it names none of `tools`")


class StreamOptions(Strict):
    include_obfuscation: Off | None = None


class ResponsesBody(CountBody):
    """POST /v1/responses. What is not offered may be sent as what it is then."""

    unsupported: ClassVar[Mapping[str, str]] = {
        **CountBody.unsupported,
        "background": f"{NOTHING_KEPT}, or send false",
        "include": "log probabilities are all there is to include; leave it out",
        "max_tool_calls": "no tools are run here whose calls could be counted; leave it out",
        "prompt": NOTHING_KEPT,
        "service_tier": "there is one tier; leave it out, or send auto or default",
        "store": f"{NOTHING_KEPT}, or send false",
        "stream_options": "events are not padded; leave include_obfuscation out, or send false",
    }

    max_output_tokens: int | None = Field(None, ge=1, description="Most tokens to generate.")
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, ge=0, le=2, description="0 is greedy.")
    top_p: float | None = Field(None, ge=0, le=1, description="Nucleus sampling's mass.")
    top_logprobs: int | None = Field(None, ge=0, le=ALTERNATIVES_AT_MOST)
    include: Annotated[list[Included], Field(max_length=INCLUDED_AT_MOST)] | None = None
    metadata: Metadata | None = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    service_tier: Literal["auto", "default"] | None = None
    store: Off | None = None
    background: Off | None = None
    max_tool_calls: None = None
    prompt: None = None

    @property
    def alternatives(self) -> int | None:
        """Log probabilities are there where either of two fields asks for them."""
        return 0 if self.top_logprobs is None and self.include else self.top_logprobs

    def to_request(self) -> GenerationRequest:
        asked_by = "include" if self.top_logprobs is None else "top_logprobs"
        return replace(
            super().to_request(),
            alternatives=self.alternatives,
            names=replace(NAMES, logprobs=asked_by),
        )

    def to_sampling(self) -> Sampling:
        asked = {
            "max_tokens": self.max_output_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
        }
        return super().to_sampling().model_copy(update=asked)
