"""The bodies of OpenAI's chat completions and completions.

All that the engine can honour, and what asks for nothing: such a field may be sent, and is refused
with any other value. https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from service.chat_turns import Messages
from service.counts import fields_at_most
from service.errors import InvalidRequest, UnsupportedValue
from service.generation import Effort, FieldNames, GenerationRequest, Prompts
from service.json_types import EndUser, Off
from service.rest.formats import ResponseFormat
from service.rest.strict import Strict
from service.rest.template_arguments import TemplateArguments
from service.sampling import ALTERNATIVES_AT_MOST, Sampling
from service.tools import ToolOptions
from service.violations import tag

TEXT_ALTERNATIVES_AT_MOST = 5  # OpenAI's API reference, `logprobs` of completions
PROMPTS_AT_MOST = 128
METADATA_AT_MOST = 16  # OpenAI's API reference, `metadata`
INT32_MAX = 2**31 - 1

Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]],
    Field(max_length=METADATA_AT_MOST),
    fields_at_most(METADATA_AT_MOST),
]


class StreamOptions(Strict):
    include_usage: bool | None = Field(None, description="A last chunk with the usage.")
    include_obfuscation: Off | None = None


class Body(Sampling):
    """What both kinds of completion share.

    `unsupported` says why a field of OpenAI's is not honoured, or not with every value.
    """

    unsupported: ClassVar[Mapping[str, str]] = {
        "stream_options": "chunks are not padded here; leave include_obfuscation out, or send false"
    }

    model: str | None = Field(None, description="The served model; none is it as well.")
    stream: bool | None = Field(None, description="Server-sent events, ended by [DONE].")
    stream_options: StreamOptions | None = Field(
        None, description="A whole answer has its usage anyway."
    )
    user: EndUser | None = None

    @property
    def include_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    def check(self) -> None:
        """What no field alone can tell. Raises InvalidRequest."""

    def to_sampling(self) -> Sampling:
        return Sampling.of(self)

    def to_request(self) -> GenerationRequest:
        raise NotImplementedError


class ChatBody(Body, ToolOptions):
    """POST /v1/chat/completions."""

    unsupported: ClassVar[Mapping[str, str]] = {
        **Body.unsupported,
        "audio": "models here speak text only; leave it out",
        "function_call": "it is deprecated; send `tool_choice` instead",
        "functions": "they are deprecated; send `tools` instead",
        "modalities": 'models here speak text only; leave it out, or send ["text"]',
        "moderation": "nothing is moderated here; leave it out",
        "prediction": "the engine predicts nothing from a draft; leave it out",
        "prompt_cache_options": "prompts are kept as long as there is room; leave it out",
        "prompt_cache_retention": "prompts are kept in memory; leave it out, or send in_memory",
        "service_tier": "there is one tier; leave it out, or send auto or default",
        "store": "nothing is stored here; leave it out, or send false",
        "verbosity": "the engine has no such setting; leave it out, or send medium",
        "web_search_options": "nothing is searched here; leave it out",
    }

    messages: Messages
    max_completion_tokens: int | None = Field(
        None,
        ge=1,
        le=INT32_MAX,
        description="The newer name of `max_tokens`; of both, the lower one counts.",
    )
    logprobs: bool | None = Field(None, description="The log probability of each token.")
    top_logprobs: int | None = Field(
        None, ge=0, le=ALTERNATIVES_AT_MOST, description="Likeliest tokens; only with `logprobs`."
    )
    response_format: ResponseFormat | None = Field(
        None, description="JSON; not together with `grammar`, `json_schema` or `tools`."
    )
    reasoning_effort: Effort | None = Field(
        None, description="Only where the model's template has such a setting, or none."
    )
    chat_template_kwargs: TemplateArguments | None = Field(
        None, description="llama.cpp's own: what the model's template is filled with besides."
    )
    metadata: Metadata | None = None
    safety_identifier: str | None = Field(None, max_length=512)
    prompt_cache_key: str | None = Field(None, max_length=512)
    prompt_cache_retention: Literal["in_memory"] | None = None
    prompt_cache_options: None = None
    modalities: Annotated[list[Literal["text"]], Field(min_length=1)] | None = None
    service_tier: Literal["auto", "default"] | None = None
    store: Off | None = None
    verbosity: Literal["medium"] | None = None
    audio: None = None
    function_call: None = None
    functions: None = None
    moderation: None = None
    prediction: None = None
    web_search_options: None = None

    def check(self) -> None:
        super().check()
        if self.top_logprobs is not None and not self.logprobs:
            raise InvalidRequest.of_field("top_logprobs", "it is only allowed with `logprobs`")
        if self.schema_asked_for is not None and self.json_schema is not None:
            rule = "it is not allowed together with `json_schema`"
            raise InvalidRequest.of_field("response_format", rule)

    @property
    def schema_asked_for(self) -> dict[str, object] | None:
        return self.response_format.to_schema() if self.response_format else None

    def to_request(self) -> GenerationRequest:
        self.check()
        return GenerationRequest(
            prompt=tuple(message.to_message() for message in self.messages),
            sampling=self.to_sampling(),
            model=self.model,
            tools=self.to_tools(),
            alternatives=(self.top_logprobs or 0) if self.logprobs else None,
            reasoning_effort=self.reasoning_effort,
            template_arguments=self.chat_template_kwargs,
            names=FieldNames("messages", self._max_tokens_name),
            token_limits=self._token_limits,
        )

    @property
    def _token_limits(self) -> tuple[int, ...]:
        both = (self.max_tokens, self.max_completion_tokens)
        return tuple(limit for limit in both if limit is not None)

    @property
    def _max_tokens_name(self) -> str:
        return "max_tokens" if self.max_completion_tokens is None else "max_completion_tokens"

    def to_sampling(self) -> Sampling:
        limits = [
            each for each in (self.max_tokens, self.max_completion_tokens) if each is not None
        ]
        asked = {"max_tokens": min(limits, default=None), "json_schema": self.schema_asked_for}
        sent = {name: value for name, value in asked.items() if value is not None}
        return super().to_sampling().model_copy(update=sent)


TextPrompt = Annotated[str, Field(min_length=1)]
IdPrompt = Annotated[
    list[Annotated[int, Field(ge=0, le=INT32_MAX)]], Field(min_length=1, fail_fast=True)
]


def prompt_kind(prompt: object) -> str:
    if not isinstance(prompt, list):
        return tag("text")
    first = prompt[0] if prompt else ""
    if isinstance(first, list):
        return tag("ids of each")
    return tag("ids" if isinstance(first, int | float) else "texts")


AnyPrompt = Annotated[
    Annotated[TextPrompt, Tag(tag("text"))]
    | Annotated[
        list[TextPrompt], Field(min_length=1, max_length=PROMPTS_AT_MOST), Tag(tag("texts"))
    ]
    | Annotated[IdPrompt, Tag(tag("ids"))]
    | Annotated[
        list[IdPrompt], Field(min_length=1, max_length=PROMPTS_AT_MOST), Tag(tag("ids of each"))
    ],
    Discriminator(prompt_kind),
]


class CompletionBody(Body):
    """POST /v1/completions."""

    unsupported: ClassVar[Mapping[str, str]] = {
        **Body.unsupported,
        "echo": "the prompt is not repeated; leave it out, or send false",
        "suffix": "the engine only continues text, and inserts none; leave it out",
    }

    prompt: AnyPrompt = Field(description="Text or token ids, or several of either.")
    best_of: int | None = Field(
        None, ge=1, le=PROMPTS_AT_MOST, description="As many as `n`: all that are made are given."
    )
    logprobs: int | None = Field(None, ge=0, le=TEXT_ALTERNATIVES_AT_MOST)
    echo: Off | None = None
    suffix: Literal[""] | None = None

    def check(self) -> None:
        super().check()
        if self.best_of is not None and self.best_of != (self.n or 1):
            rule = "answers are not chosen from here: leave it out, or send as many as `n`"
            raise UnsupportedValue.of_field("best_of", rule)

    def to_request(self) -> GenerationRequest:
        self.check()
        return GenerationRequest(
            prompt=self.to_prompt(),
            sampling=self.to_sampling(),
            model=self.model,
            alternatives=self.logprobs,
        )

    def to_prompt(self) -> str | Prompts:
        one = prompt_kind(self.prompt) in (tag("text"), tag("ids"))
        each: list[str | list[int]] = [self.prompt] if one else self.prompt  # type: ignore[assignment, list-item]  # as its kind says
        if len(each) == 1 and isinstance(each[0], str):
            return each[0]
        return Prompts(tuple(text if isinstance(text, str) else tuple(text) for text in each))
