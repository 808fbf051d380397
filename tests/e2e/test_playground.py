"""The playground in a real browser, over the real service with the real model."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.e2e.browser import Page, browser_page, missing
from tests.service.process import ServiceProcess, service_process

KEY = "sk-of-a-test"
NUMBERS = re.compile(r"(\d+) tokens · first after (\d+\.\d+) s · (\d+\.\d+) tokens/s")
ANSWERED = "document.querySelector('.assistant:not(.busy) .numbers')"


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    """Fails, and does not skip, where there is no Chromium."""
    if sentence := missing():
        pytest.fail(sentence)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    stored = {"name": "tester", "sha256": hashlib.sha256(KEY.encode()).hexdigest()}
    file.write_text(json.dumps({"keys": [stored]}))
    with service_process(LLM_KEYS_SOURCE=f"file:{file}", LLM_PLAYGROUND="true") as running:
        running.wait_until_ready()
        yield running


@pytest.fixture
async def page(service: ServiceProcess) -> AsyncIterator[Page]:
    """The playground in a new browser. Whatever a test does, nothing goes to another origin."""
    async with browser_page() as page:
        await page.look(1100, 760, scheme="light")
        await page.open(f"{service.url}/")
        yield page
        assert all(url.startswith((service.url, "data:")) for url in page.requests)
        assert not any(KEY in url for url in page.requests)


async def ask(page: Page, text: str, *, tokens: int) -> None:
    await page.type("#tokens", str(tokens))
    await page.type("#temperature", "0")
    await page.type("#prompt", text)
    await page.press("#send")


async def test_answer_is_streamed_with_its_numbers(page: Page, service: ServiceProcess) -> None:
    await page.type("#key", KEY)
    await page.until("document.querySelector('#load').textContent === '0 of 8 running · 0 waiting'")
    await ask(page, "What is gravity?", tokens=60)
    await page.until("document.querySelector('.busy p').textContent.length > 10")  # before its end
    await page.until(ANSWERED)
    text = await page.evaluate("document.querySelector('.assistant p').textContent")
    assert "force" in text
    numbers = NUMBERS.fullmatch(await page.evaluate(f"{ANSWERED}.textContent"))
    assert numbers
    assert int(numbers[1]) == 60
    assert float(numbers[3]) > 0
    assert await page.evaluate("document.querySelector('#model').textContent") == (
        "smollm2-135m-instruct"
    )
    assert page.complaints == []


async def test_talk_goes_on_and_begins_anew(page: Page) -> None:
    await page.type("#key", KEY)
    await ask(page, "My name is Ann.", tokens=4)
    await page.until(ANSWERED)
    await page.type("#prompt", "And now?")
    sent = "(JSON.parse(JSON.stringify(requestBody())).messages.map((turn) => turn.role)).join()"
    assert await page.evaluate(sent) == "user,assistant"
    await page.type("#system", "Be brief.")
    assert await page.evaluate(sent) == "system,user,assistant"
    await page.press("#clear")
    assert await page.evaluate(sent) == "system"
    assert await page.evaluate("document.querySelectorAll('article').length") == 0
    assert page.complaints == []


async def test_stop_frees_the_slot(page: Page, service: ServiceProcess) -> None:
    await page.type("#key", KEY)
    await ask(page, "Tell me a very long story about a fox.", tokens=900)
    await page.until("document.querySelector('.busy p').textContent")
    assert await asyncio.to_thread(service.gauge, "llm_requests_running") == 1
    await page.press("#stop")
    await page.until(ANSWERED)
    assert str(await page.evaluate(f"{ANSWERED}.textContent")).endswith("· stopped")
    line = await asyncio.to_thread(service.wait_for_log, "request", outcome="cancelled")
    assert line["total_seconds"] < 20
    assert await asyncio.to_thread(service.gauge, "llm_requests_running") == 0
    assert page.complaints == []


async def test_wrong_key_is_told_in_words_with_the_request_id(
    page: Page, service: ServiceProcess
) -> None:
    await page.type("#key", "sk-wrong")
    await ask(page, "Hello?", tokens=4)
    await page.until("document.querySelector('.error')")
    words = await page.evaluate("document.querySelector('.error').textContent")
    assert words.startswith("This API key is not known here")
    assert await page.evaluate("document.querySelector('#prompt').value") == "Hello?"  # as it was
    request_id = words.rsplit("Request id: ", 1)[1]
    line = await asyncio.to_thread(service.wait_for_log, "request", request_id=request_id)
    assert line["outcome"] == "invalid_api_key"
    assert [entry for entry in page.complaints if not entry.startswith("network: ")] == []


async def test_question_that_is_refused_replaces_none_that_was_begun_since(page: Page) -> None:
    refusal = "new Response('{}', {status: 503})"
    held = f"new Promise((done) => {{ window.refuse = () => done({refusal}); }})"
    await page.evaluate(f"window.fetch = (url) => url === CHAT_URL ? {held} : {refusal}, null")
    await ask(page, "Hello?", tokens=4)
    await page.type("#prompt", "Another")
    await page.evaluate("refuse()")
    await page.until("document.querySelector('.error')")
    assert await page.evaluate("document.querySelector('#prompt').value") == "Another"


async def test_load_of_a_service_that_does_not_answer_is_not_known(
    page: Page, service: ServiceProcess
) -> None:
    load = "document.querySelector('#load').textContent"
    await page.type("#key", KEY)
    await page.until(f"{load}.includes('running')")
    service.process.send_signal(signal.SIGSTOP)
    try:
        await page.until(f"{load} === 'load not known'")
    finally:
        service.process.send_signal(signal.SIGCONT)
    await page.until(f"{load}.includes('running')")
    assert await page.evaluate("document.querySelector('#model').textContent") == (
        "smollm2-135m-instruct"
    )


async def test_load_that_is_refused_is_not_known_either(page: Page) -> None:
    await page.until("document.title.startsWith('smollm2')")
    await page.evaluate("window.fetch = async () => new Response('{}', {status: 503}), showLoad()")
    assert await page.evaluate("document.querySelector('#load').textContent") == "load not known"
    assert await page.evaluate("document.querySelector('#model').textContent") == (
        "smollm2-135m-instruct"
    )


def refused_loads(service: ServiceProcess) -> int:
    return sum(line.get("route") == "/playground/load" for line in service.logs)


async def test_wrong_key_is_not_shown_to_the_endpoint_again_and_again(
    page: Page, service: ServiceProcess
) -> None:
    before = refused_loads(service)
    await page.type("#key", "sk-wrong")
    await page.until("refused === 'sk-wrong'")
    for _ in range(3):
        await page.evaluate("showLoad()")
    await page.type("#key", KEY)
    await page.until("document.querySelector('#load').textContent.includes('running')")
    await asyncio.to_thread(service.wait_for_log, "request", route="/playground/load")
    assert refused_loads(service) == before + 1


async def test_what_is_said_is_text_and_never_markup(page: Page) -> None:
    await page.type("#key", KEY)
    evil = "<img src=x onerror=document.title='gotcha'><script>document.title='gotcha'</script>"
    await page.evaluate(f"new Answer().add({json.dumps(event(evil))})")
    assert await page.evaluate("document.querySelector('.assistant p').textContent") == evil
    assert await page.evaluate("document.querySelectorAll('#chat img, #chat script').length") == 0
    assert await page.evaluate("document.title") != "gotcha"
    assert page.complaints == []


def event(text: str) -> dict[str, object]:
    return {"choices": [{"delta": {"content": text}}]}


async def test_key_stays_in_its_tab_when_the_page_is_loaded_anew(
    page: Page, service: ServiceProcess
) -> None:
    await page.type("#key", KEY)
    await page.open(f"{service.url}/playground")
    assert await page.evaluate("document.querySelector('#key').value") == KEY
    assert await page.evaluate("localStorage.length") == 0
    assert await page.evaluate("document.cookie") == ""


@pytest.mark.parametrize(
    ("width", "height", "scheme"), [(1100, 760, "light"), (390, 780, "dark"), (320, 480, "light")]
)
async def test_page_fits_its_window(
    page: Page, tmp_path: Path, width: int, height: int, scheme: str
) -> None:
    await page.look(width, height, scheme=scheme)
    await page.type("#key", "a" * 400)
    await page.evaluate(f"new Answer().add({json.dumps(event('word' * 400))})")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    dark = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (dark == "rgb(18, 20, 23)") is (scheme == "dark")
