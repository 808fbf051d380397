"""The gRPC server: the service, its health, and reflection."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1._async import HealthServicer  # public name: health.aio, which its stubs lack
from grpc_reflection.v1alpha import reflection

from service.health import Health
from service.rpc import llm_service_pb2
from service.rpc.llm_service_pb2_grpc import add_LLMServiceServicer_to_server
from service.rpc.servicer import LlmServicer

SERVICE = llm_service_pb2.DESCRIPTOR.services_by_name["LLMService"].full_name
WHOLE_SERVER = ""  # the name by which the load balancer asks
LOAD_BALANCER_AGENT = "ELB-HealthChecker"  # Elastic Load Balancing, "Health checks"


def rpc_server(
    servicer: LlmServicer, health: Health, *, address: str, max_message_bytes: int
) -> tuple[grpc.aio.Server, int]:
    """A server bound to the address, not started; and its port. Raises RuntimeError if taken."""
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", max_message_bytes),
            ("grpc.so_reuseport", 0),  # else a second process shares the port in silence
        ]
    )
    add_LLMServiceServicer_to_server(servicer, server)  # type: ignore[no-untyped-call]  # generated
    checks = Checks()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    HealthReporter(checks).follow(health)
    names = (SERVICE, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name)
    reflection.enable_server_reflection((*names, reflection.SERVICE_NAME), server)
    return server, server.add_insecure_port(address)


class Checks(HealthServicer):  # type: ignore[misc]  # the library's type is unknown
    """grpc.health.v1, and for the load balancer a status that it understands.

    The protocol answers NOT_SERVING with the gRPC status OK. The load balancer reads the status
    and not the message, so a task that is not ready would pass its check.
    """

    async def Check(self, request: Any, context: Any) -> Any:
        answer = await super().Check(request, context)
        if answer.status != health_pb2.HealthCheckResponse.SERVING and asks_load_balancer(context):
            await context.abort(grpc.StatusCode.UNAVAILABLE, "not ready")
        return answer


def asks_load_balancer(context: Any) -> bool:
    """Whether it is Elastic Load Balancing that asks, by the agent it names in health checks."""
    agents = [value for key, value in context.invocation_metadata() if key == "user-agent"]
    return any(str(agent).startswith(LOAD_BALANCER_AGENT) for agent in agents)


class HealthReporter:
    """Carries our health to grpc.health.v1."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self._reports: set[asyncio.Task[None]] = set()

    def follow(self, health: Health) -> None:
        health.watch(self._report)

    def _report(self, ready: bool) -> None:
        report = asyncio.get_running_loop().create_task(self._set(ready))
        self._reports.add(report)
        report.add_done_callback(self._reports.discard)

    async def _set(self, ready: bool) -> None:
        status = health_pb2.HealthCheckResponse
        for name in (WHOLE_SERVER, SERVICE):
            await self._checks.set(name, status.SERVING if ready else status.NOT_SERVING)
