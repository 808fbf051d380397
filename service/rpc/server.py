"""The gRPC server: the service, its health, and reflection."""

from __future__ import annotations

import grpc
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from service.early_refusals import EarlyRefusals
from service.health import Health
from service.rpc import llm_service_pb2 as pb
from service.rpc.health import Checks
from service.rpc.limits import RpcLimits, room_for_strangers
from service.rpc.methods import Methods
from service.rpc.reflection import Reflection
from service.rpc.room import Room
from service.rpc.servicer import LlmServicer

LLM = pb.DESCRIPTOR.services_by_name["LLMService"]
HEALTH = health_pb2.DESCRIPTOR.services_by_name["Health"]
REFLECTION = reflection_pb2.DESCRIPTOR.services_by_name["ServerReflection"]


def rpc_server(
    servicer: LlmServicer,
    health: Health,
    *,
    address: str,
    limits: RpcLimits,
    refusals: EarlyRefusals,
) -> tuple[grpc.aio.Server, int]:
    """A server bound to the address, not started; and its port. Raises RuntimeError if taken."""
    names = [service.full_name for service in (LLM, HEALTH, REFLECTION)]
    strangers, size = room_for_strangers(), limits.message_bytes
    checks = Checks(health, strangers=strangers, watchers=Room(places=limits.connections))
    reflection = Reflection(names, strangers=strangers)
    server = grpc.aio.server(
        handlers=[
            Methods(LLM, servicer, message_bytes=size),
            Methods(HEALTH, checks, message_bytes=size, refusals=refusals),
            Methods(REFLECTION, reflection, message_bytes=size, refusals=refusals),
        ],
        options=[
            *limits.options(),
            ("grpc.so_reuseport", 0),  # else a second process shares the port in silence
        ],
    )
    servicer.connections.are_of_newest_server()
    return server, server.add_insecure_port(address)
