"""Calls of gRPC methods: messages with any fields, and bytes that are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import strategies as st

from service.rpc import llm_service_pb2 as pb
from tests.fuzz.bodies import MODEL
from tests.fuzz.conversations import as_rpc, conversations, texts

SERVICE = pb.DESCRIPTOR.services_by_name["LLMService"]
# Health and reflection are the library's; what their methods do with bytes is ours to bear.
OTHERS = ("/grpc.health.v1.Health/Check", "/LLMService/Nothing", "/Nothing/Nothing")

any_text = st.one_of(texts, st.text(max_size=30))
unit_floats = st.floats(0, 1, width=32)
VALUES: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_STRING: any_text,
    FieldDescriptor.TYPE_BYTES: st.binary(max_size=30),
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_INT32: st.one_of(st.integers(1, 8), st.integers(-(2**31), 2**31 - 1)),
    FieldDescriptor.TYPE_UINT32: st.one_of(st.integers(0, 8), st.integers(0, 2**32 - 1)),
    FieldDescriptor.TYPE_INT64: st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_FLOAT: st.one_of(unit_floats, unit_floats, st.floats(width=32)),
    FieldDescriptor.TYPE_DOUBLE: st.one_of(st.floats(0, 1), st.floats()),
    FieldDescriptor.TYPE_ENUM: st.integers(-1, 9),
}
# What has to be right before anything else is looked at.
OFTEN: dict[str, st.SearchStrategy[Any]] = {
    "role": st.sampled_from(["system", "user", "assistant", "tool"]),
    "model": st.sampled_from(["", MODEL]),
    "max_tokens": st.integers(1, 8),
    "json_schema": st.sampled_from(["", "{}", '{"type": "object"}', "[1]", "{"]),
    "parameters": st.sampled_from(["", "{}", '{"type": "object"}', "null"]),
    "n": st.integers(1, 2),
    "reasoning_effort": st.sampled_from(["", "none", "none", "low"]),
}
STRUCTURED = frozenset({"grammar", "json_schema", "response_format", "tools"})

metadata = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["authorization", "x-request-id", "traceparent", "x-other"]),
            st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
        ),
        st.tuples(st.just("authorization-bin"), st.binary(max_size=20)),
    ),
    max_size=2,
)


@dataclass(frozen=True)
class RpcInput:
    method: str
    payload: bytes
    metadata: tuple[tuple[str, str | bytes], ...]
    seconds: float


@st.composite
def messages(draw: st.DrawFn, descriptor: Descriptor, *, formats: bool) -> Any:
    """A message with any of its fields, each with any value of its type."""
    from google.protobuf.message_factory import GetMessageClass

    message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        if not formats and field.name in STRUCTURED:
            continue
        if field.number == 1 or not draw(st.integers(0, 4)):
            fill(draw, message, field, formats=formats)
    return message


def fill(draw: st.DrawFn, message: Any, field: FieldDescriptor, *, formats: bool) -> None:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        key, value = field.message_type.fields
        entries = st.dictionaries(value_of(key), value_of(value), max_size=3)
        getattr(message, field.name).update(draw(entries))
        return
    inner = (
        messages(field.message_type, formats=formats)
        if field.message_type is not None
        else value_of(field)
    )
    if (
        field.message_type is pb.ChatMessage.DESCRIPTOR
        and field.is_repeated
        and draw(st.booleans())
    ):
        getattr(message, field.name).extend(as_rpc(draw(conversations())))
    elif field.is_repeated:
        getattr(message, field.name).extend(draw(st.lists(inner, max_size=3)))
    elif field.message_type is not None:
        getattr(message, field.name).CopyFrom(draw(inner))
    else:
        setattr(message, field.name, draw(inner))


def value_of(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    usual = OFTEN.get(field.name)
    anything = VALUES[field.type]
    return st.one_of(usual, usual, usual, anything) if usual is not None else anything


@st.composite
def payloads(draw: st.DrawFn, descriptor: Descriptor, *, formats: bool) -> bytes:
    """Mostly a message; else a spoilt one, one with fields that nobody knows, or none."""
    whole: bytes = draw(messages(descriptor, formats=formats)).SerializeToString()
    match draw(st.sampled_from(["whole"] * 5 + ["cut", "put in", "unknown", "bytes"])):
        case "cut":
            return whole[: draw(st.integers(0, len(whole)))]
        case "put in":
            at = draw(st.integers(0, len(whole)))
            return whole[:at] + draw(st.binary(min_size=1, max_size=6)) + whole[at:]
        case "unknown":
            return whole + b"\xfa\x7f\x03fox" + b"\xf8\x7f\x07"
        case "bytes":
            return draw(st.binary(max_size=60))
    return whole


@st.composite
def rpc_inputs(draw: st.DrawFn, *, formats: bool) -> RpcInput:
    method = draw(st.sampled_from([*SERVICE.methods, *SERVICE.methods, None]))
    if method is None:
        name, payload = draw(st.sampled_from(OTHERS)), draw(st.binary(max_size=40))
    else:
        name = f"/{SERVICE.full_name}/{method.name}"
        payload = draw(payloads(method.input_type, formats=formats))
    seconds = draw(st.sampled_from([30.0] * 8 + [0.001, 0.02]))
    return RpcInput(name, payload, tuple(draw(metadata)), seconds)
