"""The balancer over real sockets."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sandbox.runner.balancer import Balancer
from tests.sandbox.waiting import LONG_SECONDS, until

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Backend:
    """A server that answers each request with its name when `release` is set."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.port = 0
        self.release = asyncio.Event()
        self.release.set()
        self.began = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readline():
                await reader.readuntil(b"\r\n\r\n")
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(self.name)}\r\n\r\n"
                writer.write(head.encode())
                await writer.drain()
                self.began.set()
                await self.release.wait()
                writer.write(self.name.encode())
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def backend(name: str) -> AsyncIterator[Backend]:
    made = Backend(name)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@asynccontextmanager
async def started(balancer: Balancer) -> AsyncIterator[Balancer]:
    await balancer.start()
    yield balancer
    await balancer.close()


@pytest.fixture
async def balancer() -> AsyncIterator[Balancer]:
    async with started(Balancer(0, wait_seconds=LONG_SECONDS)) as balancer:
        yield balancer


class Client:
    """One connection through the balancer."""

    def __init__(self, balancer: Balancer) -> None:
        self._port = balancer.port

    async def __aenter__(self) -> "Client":
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    def ask(self) -> None:
        self.writer.write(REQUEST)

    async def ask_and_wait(self, task: Backend) -> None:
        """Until the task has begun an answer, which it ends when it is released."""
        task.release.clear()
        self.ask()
        await asyncio.wait_for(task.began.wait(), LONG_SECONDS)

    async def answer(self) -> str:
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), LONG_SECONDS)
        length = int(head.split(b": ")[1])
        return (await asyncio.wait_for(self.reader.readexactly(length), LONG_SECONDS)).decode()

    async def talk(self) -> str:
        self.ask()
        return await self.answer()

    async def is_closed(self) -> bool:
        return await asyncio.wait_for(self.reader.read(1), LONG_SECONDS) == b""


async def test_request_reaches_a_ready_task(balancer: Balancer) -> None:
    async with backend("a") as a, Client(balancer) as client:
        await balancer.add("a", a.port)
        assert await client.talk() == "a"


async def test_new_connection_goes_to_the_task_with_the_fewest(balancer: Balancer) -> None:
    async with backend("a") as a, backend("b") as b:
        await balancer.add("a", a.port)
        async with Client(balancer) as first:
            await first.talk()
            await balancer.add("b", b.port)
            async with Client(balancer) as second:
                assert await second.talk() == "b"
                assert (balancer.connections("a"), balancer.connections("b")) == (1, 1)


async def test_connection_waits_for_a_task_to_become_ready(balancer: Balancer) -> None:
    async with backend("a") as a, Client(balancer) as client:
        client.ask()
        await balancer.add("a", a.port)
        assert await client.answer() == "a"


async def test_connection_is_closed_when_no_task_becomes_ready(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with started(Balancer(0, wait_seconds=0.05)) as balancer, Client(balancer) as client:
        client.ask()
        assert await client.is_closed()
    assert "no task took it within 0.05 s" in caplog.text


@asynccontextmanager
async def half_answering(balancer: Balancer, *, patient: bool) -> AsyncIterator[None]:
    """A ready task that answers half, and then closes: at once, or when its reader has left."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        if patient:
            await asyncio.wait_for(reader.read(), LONG_SECONDS)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        await balancer.add("a", server.sockets[0].getsockname()[1])
        yield


async def test_answer_that_a_task_cuts_is_told(
    balancer: Balancer, caplog: pytest.LogCaptureFixture
) -> None:
    async with half_answering(balancer, patient=False), Client(balancer) as client:
        client.ask()
        answer = await asyncio.wait_for(client.reader.read(), LONG_SECONDS)
        assert answer.endswith(b"half")
    assert "a ended a connection with a request in flight" in caplog.text


@pytest.mark.parametrize("resets", [False, True])
async def test_client_that_leaves_is_no_fault_of_a_tasks(
    balancer: Balancer, caplog: pytest.LogCaptureFixture, resets: bool
) -> None:
    async with half_answering(balancer, patient=True):
        async with Client(balancer) as client:
            client.ask()
            await asyncio.wait_for(client.reader.readuntil(b"half"), LONG_SECONDS)
            if resets:
                at_once = struct.pack("ii", 1, 0)  # SO_LINGER: a reset, and no farewell
                sock = client.writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        await until(lambda: balancer.connections("a") == 0)
    assert "request in flight" not in caplog.text


async def test_client_without_a_task_is_not_kept_for_ever() -> None:
    async with started(Balancer(0, idle_seconds=0.05)) as balancer, Client(balancer) as client:
        assert await client.is_closed()


async def test_task_that_refuses_is_passed_over(balancer: Balancer) -> None:
    async with backend("gone") as gone:
        dead_port = gone.port
    async with backend("a") as a, Client(balancer) as client:
        await balancer.add("dead", dead_port)
        client.ask()
        await balancer.add("a", a.port)
        assert await client.answer() == "a"


async def test_draining_task_finishes_its_request_and_gets_no_other(balancer: Balancer) -> None:
    async with backend("a") as a, backend("b") as b:
        await balancer.add("a", a.port)
        async with Client(balancer) as running:
            await running.ask_and_wait(a)
            await balancer.add("b", b.port)
            balancer.remove("a")
            assert balancer.busy("a")
            async with Client(balancer) as new:
                assert await new.talk() == "b"
            a.release.set()
            assert await running.answer() == "a"


async def test_kept_connection_goes_on_with_another_task_after_its_response(
    balancer: Balancer,
) -> None:
    async with backend("a") as a, backend("b") as b, Client(balancer) as client:
        await balancer.add("a", a.port)
        await client.ask_and_wait(a)
        await balancer.add("b", b.port)
        balancer.remove("a")
        a.release.set()
        assert await client.answer() == "a"
        assert await client.talk() == "b"
        assert not balancer.busy("a")


async def test_idle_connection_goes_on_with_another_task(balancer: Balancer) -> None:
    async with backend("a") as a, backend("b") as b, Client(balancer) as client:
        await balancer.add("a", a.port)
        assert await client.talk() == "a"
        await balancer.add("b", b.port)
        balancer.remove("a")
        assert not balancer.busy("a")
        assert await client.talk() == "b"
        assert balancer.connections("a") == 0


async def test_connection_that_has_asked_nothing_yet_is_no_tasks(
    balancer: Balancer,
) -> None:
    async with backend("a") as a, backend("b") as b, Client(balancer) as client:
        await balancer.add("a", a.port)
        async with Client(balancer) as later:  # the one before it has been accepted by then
            await later.talk()
        await balancer.add("b", b.port)
        balancer.remove("a")
        assert await client.talk() == "b"


@pytest.mark.parametrize("rounds_of_the_loop", range(4))
async def test_no_request_is_lost_while_tasks_come_and_go(
    balancer: Balancer, rounds_of_the_loop: int
) -> None:
    async with backend("a") as a, backend("b") as b, Client(balancer) as client:
        await balancer.add("b", b.port)
        for number in range(200):
            ready, leaving = (a, b) if number % 2 else (b, a)
            await balancer.add(ready.name, ready.port)
            client.ask()
            for _ in range(rounds_of_the_loop):
                await asyncio.sleep(0)
            balancer.remove(leaving.name)
            assert await client.answer() in {"a", "b"}


async def test_unhealthy_task_gets_nothing_while_another_is_ready(balancer: Balancer) -> None:
    async with backend("a") as a, backend("b") as b, Client(balancer) as client:
        await balancer.add("a", a.port)
        assert await client.talk() == "a"
        await balancer.add("b", b.port)
        await balancer.doubt("a")
        assert await client.talk() == "b"
        await balancer.add("a", a.port)
        async with Client(balancer) as new:
            assert await new.talk() == "a"


async def test_unhealthy_task_goes_on_where_no_other_is_ready(balancer: Balancer) -> None:
    async with backend("a") as a, Client(balancer) as kept, Client(balancer) as new:
        await balancer.add("a", a.port)
        assert await kept.talk() == "a"
        await balancer.doubt("a")
        assert await new.talk() == "a"
        assert await kept.talk() == "a"
        balancer.remove("a")
        new.ask()
        await balancer.add("a", a.port)
        assert await new.answer() == "a"


async def test_unhealthy_task_of_a_group_serves_its_share(balancer: Balancer) -> None:
    async with backend("a") as a, backend("b") as b, Client(balancer) as client:
        await balancer.weigh({"blue": 100, "green": 0})
        await balancer.add("a", a.port, "blue")
        await balancer.add("b", b.port, "green")
        await balancer.doubt("a")
        assert await client.talk() == "a"


async def test_task_may_come_back_while_it_drains(balancer: Balancer) -> None:
    async with backend("a") as a, Client(balancer) as kept, Client(balancer) as new:
        await balancer.add("a", a.port)
        await kept.talk()
        balancer.remove("a")
        await balancer.add("a", a.port)
        assert await new.talk() == "a"
        assert await kept.talk() == "a"


async def test_idle_connection_goes_on_with_another_task_after_its_own_came_back(
    balancer: Balancer,
) -> None:
    async with backend("a") as a, backend("b") as b, Client(balancer) as client:
        await balancer.add("a", a.port)
        await client.ask_and_wait(a)
        balancer.remove("a")
        await balancer.add("a", a.port)
        a.release.set()
        assert await client.answer() == "a"
        await balancer.add("b", b.port)
        balancer.remove("a")
        assert await client.talk() == "b"


async def test_close_cuts_what_is_left(balancer: Balancer) -> None:
    async with backend("a") as a, Client(balancer) as client:
        await balancer.add("a", a.port)
        await client.talk()
        await balancer.close()
        assert await client.is_closed()
