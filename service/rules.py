"""What a request is held to before it may wait for the engine: this endpoint's model and limits."""

from __future__ import annotations

from dataclasses import dataclass

from service.engine.capabilities import Capabilities
from service.errors import ContextLengthExceeded, InvalidRequest, ModelNotFound, ModelNotSupported
from service.generation import GenerationRequest, Prompts
from service.relay import Relay
from service.turns import NO_TOOLS, check_no_calls, check_turns

# The longest tokens of common vocabularies are runs of spaces; SmolLM2's has 64.
LONGEST_TOKEN_CHARACTERS = 64
NO_LOGPROBS = "its engine guesses tokens ahead, which have no log probabilities"
OWNER = "llm-on-ecs"  # `owned_by` in lists of models


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What this endpoint serves, and at most how much of it to one request."""

    model_name: str
    context_tokens: int
    max_output_tokens: int
    slots: int
    embeds: bool = False
    guesses: bool = False

    def check(self, request: GenerationRequest) -> None:
        """Raises InvalidRequest, or one of its children, that names the field at fault."""
        if request.model is not None:
            self.check_model(request.model)
        if not request.prompt:
            param = request.prompt_param
            raise InvalidRequest(f"`{param}` is empty; send some text.", param=param)
        if isinstance(request.prompt, tuple):
            check_turns(request.prompt, param=request.prompt_param)
        self.check_prompt(request)
        for limit in (request.sampling.max_tokens, *request.token_limits):
            self.check_max_tokens(limit, param=request.field_names.max_tokens)
        self.check_choices(request)
        self.check_logprobs(request)
        check_structure(request)

    def check_prompt(self, request: GenerationRequest) -> None:
        """Each of several has a slot of its own, and the context that comes with it."""
        param = request.prompt_param
        if not isinstance(request.prompt, Prompts):
            self.check_length(request.characters, param=param)
            return
        for prompt in request.prompt.each:
            if isinstance(prompt, str):
                self.check_length(len(prompt), param=param)
            elif len(prompt) > self.context_tokens:
                raise ContextLengthExceeded(
                    prompt_tokens=len(prompt), context_tokens=self.context_tokens, param=param
                )

    def check_relay(self, relay: Relay) -> None:
        """Raises InvalidRequest, or one of its children, that names the field at fault."""
        if relay.model is not None:
            self.check_model(relay.model)
        if relay.embeds and not self.embeds:
            raise ModelNotSupported(
                f"The model `{self.model_name}` makes no embeddings here; ask an endpoint whose "
                "stage sets `engine.embeddings`.",
                param="model",
            )
        self.check_length(relay.characters, param=relay.param)

    def check_model(self, name: str) -> None:
        """Raises ModelNotFound where this endpoint serves another one."""
        if name != self.model_name:
            raise ModelNotFound(name, served=self.model_name)

    def check_length(self, characters: int, *, param: str) -> None:
        """Refuses what cannot fit, before the engine counts its tokens.

        Counting takes the engine time that grows with the square of the text and that no closed
        connection ends: 1 MB of special tokens took 25 to 33 s (measured).
        """
        fewest_tokens = characters // LONGEST_TOKEN_CHARACTERS
        if fewest_tokens > self.context_tokens:
            raise ContextLengthExceeded(
                prompt_tokens=fewest_tokens, context_tokens=self.context_tokens, param=param
            )

    def check_max_tokens(self, asked: int | None, *, param: str) -> None:
        if asked is not None and asked > self.max_output_tokens:
            raise InvalidRequest(
                f"{param} is too large: got {asked}; this endpoint generates at most "
                f"{self.max_output_tokens}.",
                param=param,
            )

    def check_choices(self, request: GenerationRequest) -> None:
        """All of them at the same time, because they share their prompt."""
        asked, prompts = request.sampling.n or 1, request.prompts
        if asked * prompts <= self.slots:
            return
        param = "n" if asked > 1 else request.prompt_param
        many = f"{asked}" if prompts == 1 else f"{asked} to each of {prompts} prompts"
        raise InvalidRequest(
            f"{param} is too large: got {many}; this endpoint generates at most {self.slots} "
            "answers to a request.",
            param=param,
        )

    def check_logprobs(self, request: GenerationRequest) -> None:
        """The engine has none of the tokens that it guessed, and cannot be told not to guess."""
        if self.guesses and request.alternatives is not None:
            raise ModelNotSupported.of_field(
                request.field_names.logprobs,
                f"{NO_LOGPROBS}; leave it out, or ask an endpoint whose stage sets "
                "`speculation.draft_tokens` to 0",
            )


def check_structure(request: GenerationRequest) -> None:
    """Raises InvalidRequest for forms of the text that the engine cannot hold to both at once."""
    sampling, tools = request.sampling, request.tools
    if sampling.grammar is not None and sampling.json_schema is not None:
        rule = "it is not allowed together with a JSON Schema, or another form, of the answer"
        raise InvalidRequest.of_field("grammar", rule)
    formed = sampling.grammar is not None or sampling.json_schema is not None
    if formed and tools is not None and tools.choice != "none":
        rule = "they are not allowed together with a grammar or a form of the answer"
        raise InvalidRequest.of_field("tools", rule)


def check_capabilities(request: GenerationRequest, capabilities: Capabilities) -> None:
    """Raises InvalidRequest for what the loaded model cannot do, which is never ignored."""
    if request.tools is not None and not capabilities.tools:
        raise ModelNotSupported.of_field("tools", NO_TOOLS)
    if isinstance(request.prompt, tuple) and not capabilities.tools:
        check_no_calls(request.prompt, param=request.prompt_param)
    if request.reasoning_effort not in (None, "none") and not capabilities.reasoning_effort:
        raise ModelNotSupported.of_field(
            request.field_names.effort,
            "its chat template has no place for an effort; leave it out, or ask an endpoint whose "
            "template has",
        )
    check_vocabulary(request, capabilities.vocabulary_tokens)


def check_vocabulary(request: GenerationRequest, tokens: int) -> None:
    """The engine leaves out in silence a bias whose token it does not have."""
    unknown = next((id_ for id_ in request.sampling.logit_bias or () if int(id_) >= tokens), None)
    if unknown is not None:
        raise no_such_token("logit_bias", int(unknown), tokens)
    if isinstance(request.prompt, Prompts):
        for prompt in request.prompt.each:
            if not isinstance(prompt, str) and max(prompt) >= tokens:
                raise no_such_token(request.prompt_param, max(prompt), tokens)


def check_tokens(relay: Relay, capabilities: Capabilities) -> None:
    """Raises InvalidRequest for a token that the model does not have."""
    largest = relay.largest_token
    if largest is not None and largest >= capabilities.vocabulary_tokens:
        raise no_such_token(relay.param, largest, capabilities.vocabulary_tokens)


def no_such_token(param: str, token: int, tokens: int) -> InvalidRequest:
    rule = f"got the token {token}; this endpoint's model has {tokens}, from 0 on"
    return InvalidRequest.of_field(param, rule)
