"""The README's picture of the playground: `make picture`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.e2e.browser import browser_page
from tests.service.process import service_process

QUESTIONS = (
    "What is gravity?",
    "And why do the planets not fall into the sun? Explain it to a child, in two sentences.",
)


async def picture(url: str) -> bytes:
    async with browser_page() as page:
        await page.look(1100, 760, scheme="light")
        await page.open(url)
        await page.type("#temperature", "0")
        await page.type("#tokens", "90")
        await page.evaluate("document.querySelector('#settings').open = false")
        for count, question in enumerate(QUESTIONS, 1):
            await page.type("#prompt", question)
            await page.press("#send")
            answered = "document.querySelectorAll('.assistant:not(.busy) .numbers')"
            await page.until(f"{answered}.length === {count}")
        return await page.screenshot()


def main() -> None:
    with service_process(LLM_REST_AUTH="off", LLM_PLAYGROUND="true") as service:
        service.wait_until_ready()
        Path(sys.argv[1]).write_bytes(asyncio.run(picture(f"{service.url}/")))


if __name__ == "__main__":
    main()
