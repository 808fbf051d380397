"""What the turns of a chat are held to, whichever transport they came by."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from service.call_history import CallHistory
from service.errors import InvalidRequest, ModelNotSupported
from service.generation import Message

NO_TOOLS = (
    "its chat template has no place for tools; leave it out, or ask an endpoint whose template has"
)


def check_turns(turns: Sequence[Message], *, param: str) -> None:
    """A chat that ends with what the model said is continued from there, which has its limits.

    Raises InvalidRequest that names the field at fault; `param` is the one with the turns.
    """
    check_calls(turns, param=param)
    check_arguments(turns, param=param)
    last = len(turns) - 1
    if [turn.role for turn in turns[-2:]] == ["assistant", "assistant"]:
        rule = "only one turn of the assistant can be continued; join the last two"
        raise InvalidRequest.of_field(place(param, last, "role"), rule)


def check_calls(turns: Sequence[Message], *, param: str) -> None:
    """Raises InvalidRequest where calls and answers are not those of a CallHistory."""
    history = CallHistory()
    for position, turn in enumerate(turns):
        if turn.tool_call_id is not None:
            history.answered(turn.tool_call_id, place=place(param, position, "tool_call_id"))
            continue
        history.goes_on()
        for number, call in enumerate(turn.tool_calls):
            history.called(call.id, place=place(param, position, f"tool_calls[{number}].id"))
    history.goes_on()


def check_arguments(turns: Sequence[Message], *, param: str) -> None:
    """Raises InvalidRequest for a call's arguments that a model's template cannot write.

    It writes those of a JSON object; a model that is cut off leaves a piece of one.
    """
    for position, turn in enumerate(turns):
        for number, call in enumerate(turn.tool_calls):
            if not is_object(call.arguments):
                field = f"tool_calls[{number}].function.arguments"
                rule = "it is not the JSON of an object; mend it, or send {} where it was cut off"
                raise InvalidRequest.of_field(place(param, position, field), rule)


def is_object(text: str) -> bool:
    """Nothing at all stands for one without properties, as models and clients write it."""
    try:
        return not text or isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def check_no_calls(turns: Sequence[Message], *, param: str) -> None:
    """Raises ModelNotSupported: a template without tools leaves calls and their answers out."""
    for position, turn in enumerate(turns):
        if turn.role == "tool" or turn.tool_calls:
            field = "role" if turn.role == "tool" else "tool_calls"
            raise ModelNotSupported.of_field(place(param, position, field), NO_TOOLS)


def place(param: str, position: int, field: str) -> str:
    """Where the turns are not `messages`, there is not one for each that was sent."""
    return f"{param}[{position}].{field}" if param == "messages" else param
