"""A headless Chromium, driven over its DevTools protocol: https://chromedevtools.github.io/devtools-protocol/"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

START_SECONDS = 60
WAIT_SECONDS = 30
ANSWER_BYTES_AT_MOST = 1 << 25  # a screenshot is one message
FLAGS = (
    "--headless=new",
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",  # a container's /dev/shm is small
    "--force-prefers-reduced-motion",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)


def missing() -> str | None:
    """What to do where there is no Chromium."""
    if shutil.which("chromium"):
        return None
    return "no chromium; install Debian's: apt-get install chromium"


class Page:
    """One tab. `requests` are the URLs that it asked for, `complaints` what its console has."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.create_task(self._read())
        self.requests: list[str] = []
        self.complaints: list[str] = []

    async def start(self) -> None:
        for domain in ("Page", "Runtime", "Log", "Network"):
            await self.command(f"{domain}.enable")

    async def close(self) -> None:
        self._reader.cancel()

    async def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = len(self._answers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(WAIT_SECONDS):
            return await self._answers[number]

    async def open(self, url: str) -> None:
        await self.command("Page.navigate", url=url)
        await self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def evaluate(self, expression: str) -> Any:
        """The value of JavaScript; a promise's when it is kept."""
        answer = await self.command(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, condition: str) -> None:
        """Returns when the expression is true, which the page looks at whenever it draws."""
        await self.evaluate(
            "new Promise((done) => { const look = () => { "
            f"({condition}) ? done() : requestAnimationFrame(look); }}; look(); }})"
        )

    async def type(self, selector: str, text: str) -> None:
        """As a person does, replacing what is there."""
        field = f"document.querySelector({json.dumps(selector)})"
        await self.evaluate(f"{field}.closest('details')?.setAttribute('open', '')")
        await self.evaluate(f"{field}.select()")
        await self.command("Input.insertText", text=text)
        await self.evaluate(f"{field}.dispatchEvent(new Event('change'))")

    async def press(self, selector: str) -> None:
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    async def look(self, width: int, height: int, *, scheme: str, scale: float = 1) -> None:
        """The size of the window, and the person's colour scheme."""
        await self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=width < 600,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        await self.command("Emulation.setEmulatedMedia", features=[feature])

    async def screenshot(self) -> bytes:
        """What is to be seen, as a PNG."""
        answer = await self.command("Page.captureScreenshot", format="png")
        return base64.b64decode(answer["data"])

    async def _read(self) -> None:
        async for message in self._socket:
            event = json.loads(message.data)
            if "id" in event:
                self._answers[event["id"]].set_result(event.get("result", event))
            else:
                self._note(event["method"], event["params"])

    def _note(self, method: str, event: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(event["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(event["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(json.dumps(event["args"]))
        elif method == "Log.entryAdded":
            self.complaints.append(f"{event['entry']['source']}: {event['entry']['text']}")


@asynccontextmanager
async def browser_page() -> AsyncIterator[Page]:
    """A tab in a Chromium of its own, with an empty profile."""
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # it refuses root otherwise
        process = await asyncio.create_subprocess_exec(
            "chromium", *FLAGS, *sandbox, f"--user-data-dir={profile}", stderr=PIPE
        )
        try:
            async with aiohttp.ClientSession() as session:
                url = await new_tab(session, await debugging_port(process))
                async with session.ws_connect(url, max_msg_size=ANSWER_BYTES_AT_MOST) as socket:
                    page = Page(socket)
                    await page.start()
                    yield page
                    await page.close()
        finally:
            process.terminate()
            await process.wait()


async def debugging_port(process: asyncio.subprocess.Process) -> int:
    assert process.stderr is not None
    async with asyncio.timeout(START_SECONDS):
        async for line in process.stderr:
            if b"DevTools listening on ws://" in line:
                return int(line.rsplit(b":", 1)[1].split(b"/")[0])
    raise AssertionError("chromium ended before it listened")


async def new_tab(session: aiohttp.ClientSession, port: int) -> str:
    async with session.put(f"http://127.0.0.1:{port}/json/new?about:blank") as answer:
        url: str = (await answer.json())["webSocketDebuggerUrl"]
    return url
