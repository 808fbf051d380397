"""grpc.health.v1: whether the whole server, or one of its services, should be sent calls."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection

from service.health import Health
from service.rpc import llm_service_pb2
from service.rpc.calls import Call
from service.rpc.room import Room

SERVICE = llm_service_pb2.DESCRIPTOR.services_by_name["LLMService"].full_name
WHOLE_SERVER = ""  # the name by which the load balancer asks
LOAD_BALANCER_AGENT = "ELB-HealthChecker"  # Elastic Load Balancing, "Health checks"

Answer = health_pb2.HealthCheckResponse


class Checks:
    """Follows our health, and for the load balancer has a status that it understands.

    The protocol answers NOT_SERVING with the gRPC status OK. The load balancer reads the status
    and not the message, so a task that is not ready would pass its check. The library's own
    servicer would keep the old answer for as long as one who watches does not read.
    """

    def __init__(self, health: Health, *, strangers: Room, watchers: Room) -> None:
        self._health = health
        self._strangers = strangers
        self._watchers = watchers
        self._changed = asyncio.Event()
        health.watch(self._tell)

    async def Check(self, call: Call[Any]) -> Any:
        status = self._status((await call.message(self._strangers)).service)
        if status == Answer.SERVICE_UNKNOWN:
            await call.context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        if status != Answer.SERVING and asks_load_balancer(call):
            await call.context.abort(grpc.StatusCode.UNAVAILABLE, "not ready")
        return Answer(status=status)

    async def Watch(self, call: Call[Any]) -> None:
        name, told = (await call.message(self._strangers)).service, None
        async with self._watchers.place():
            while True:
                changed, status = self._changed, self._status(name)
                if status != told:
                    await call.context.write(Answer(status=status))
                    told = status
                await changed.wait()

    def _status(self, name: str) -> Any:
        if name == reflection.SERVICE_NAME:
            return Answer.SERVING  # for as long as the process is
        if name not in (WHOLE_SERVER, SERVICE):
            return Answer.SERVICE_UNKNOWN
        return Answer.SERVING if self._health.ready else Answer.NOT_SERVING

    def _tell(self, ready: bool) -> None:
        """Whoever waits looks again; a change while one is told is seen at its next look."""
        self._changed.set()
        self._changed = asyncio.Event()


def asks_load_balancer(call: Call[Message]) -> bool:
    """Whether it is Elastic Load Balancing that asks, by the agent it names in health checks."""
    return any(agent.startswith(LOAD_BALANCER_AGENT) for agent in call.all_sent("user-agent"))
