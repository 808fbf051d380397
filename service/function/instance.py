"""One instance of the function: an engine that outlives invocations, and an answer to each of them.

Lambda freezes the processes between two invocations. So the event loop runs only during one, and
nothing is polled in the background.
"""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
from typing import Any

import uvloop
from mangum import Mangum
from mangum.types import LambdaContext
from starlette.requests import Request

from service.assembly import Parts, assemble
from service.errors import EngineUnavailable
from service.function.events import Event, event_of_body, is_url_event, with_request_id
from service.health import Health
from service.settings import ServiceSettings

# Lambda ends an init phase of 10 s and starts it anew, with the first invocation's time. So what
# is not loaded in half of it goes on loading in the first invocation; before come the imports.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
INIT_WAIT_SECONDS = 5.0
LAST_WORDS_SECONDS = 1.0  # of an invocation, in which the answer that time is up gets out
ATTEMPTS = 3
PAUSE_SECONDS = 0.2  # in which the end of an engine that died while frozen becomes known

log = logging.getLogger("service.function")


class FunctionInstance:
    """Answers one invocation after the other. Made in the init phase, it returns with the engine
    loaded, or still loading after INIT_WAIT_SECONDS.

    Raises FileNotFoundError where there is no model.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="llm-")  # in /tmp: all else is read-only
        self._loop = uvloop.new_event_loop()
        asyncio.set_event_loop(self._loop)  # Mangum runs the loop that is set
        self._loop.run_until_complete(self._start(settings))
        self._adapter = Mangum(self.parts.rest.app(), lifespan="off")

    def __call__(self, event: object, context: LambdaContext) -> Any:
        """A function URL's event is answered with its response, a body with the body's answer."""
        if is_url_event(event):
            assert isinstance(event, dict)
            return self._respond(event, context)
        return json.loads(self._respond(event_of_body(event), context)["body"])

    async def _start(self, settings: ServiceSettings) -> None:
        self.parts: Parts = assemble(
            settings,
            socket_path=f"{self._folder.name}/engine.sock",
            streams=False,
            seconds_left=seconds_left,
        )
        self.parts.health.set_keys_ready()  # IAM has let the caller in before we see the request
        self._supervision = self._supervise()
        try:
            async with asyncio.timeout(INIT_WAIT_SECONDS):
                await until_ready(self.parts.health)
        except TimeoutError:
            log.warning("the engine is still loading", extra={"waited_seconds": INIT_WAIT_SECONDS})

    def _supervise(self) -> asyncio.Task[None]:
        return self._loop.create_task(self.parts.supervisor.run())

    def _keep_supervised(self) -> None:
        """Where there was no memory for an engine's process, there may be some now.

        A task of ECS ends then and is replaced; Lambda would keep the instance, without an engine.
        """
        if self._supervision.done():
            log.error("supervision ended", exc_info=self._supervision.exception())
            self._supervision = self._supervise()

    def _respond(self, event: Event, context: LambdaContext) -> Event:
        """The response; asks again where the engine died, because nothing has been sent yet."""
        self._keep_supervised()
        event = with_request_id(event, context.aws_request_id)
        response = self._adapter(event, context)
        for _ in range(ATTEMPTS - 1):
            if not lost_the_engine(response):
                break
            self._loop.run_until_complete(asyncio.sleep(PAUSE_SECONDS))
            response = self._adapter(event, context)
        return response


def seconds_left(request: Request) -> float:
    """What Lambda still gives this invocation, less the time for saying that it was too little."""
    milliseconds: int = request.scope["aws.context"].get_remaining_time_in_millis()
    return milliseconds / 1000 - LAST_WORDS_SECONDS


async def until_ready(health: Health) -> None:
    ready = asyncio.Event()
    health.watch(lambda is_ready: ready.set() if is_ready else None)
    await ready.wait()


def lost_the_engine(response: Event) -> bool:
    if response["statusCode"] != 503:
        return False
    error = json.loads(response["body"]).get("error")  # a task that is not ready names none
    # Anthropic's envelope has no codes; what else is a 503 there bears being asked again.
    return error is not None and error.get("code", EngineUnavailable.code) == EngineUnavailable.code
