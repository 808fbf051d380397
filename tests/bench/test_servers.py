"""Which servers are asked, and what is said of the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.endpoints import Endpoint, Setup
from bench.generator.command_line import loads_of, parsed, plan_of, setup_of, urls_of, wanted_of
from bench.generator.loads import Streams, Trace
from bench.generator.servers import SERVERS, started
from bench.peers.peer import PeerError

SETUP = Setup(file=Path("model.gguf"), threads=1, slots=1, context_tokens=256)
BURSTS = Path(__file__).parents[2] / "bench" / "generator" / "bursts.csv"


@dataclass
class FakeServer:
    name: str
    why_not: str | None = None
    breaks: bool = False

    def missing(self) -> str | None:
        return self.why_not

    @contextmanager
    def started(self, setup: Setup) -> Iterator[Endpoint]:
        if self.breaks:
            raise PeerError(f"{self.name} ended with status 1")
        yield Endpoint(name=self.name, url="http://127.0.0.1:1", processes=())


def test_what_is_not_installed_or_does_not_start_is_told_and_the_others_are_asked() -> None:
    servers = [FakeServer("a", "a is not installed"), FakeServer("b"), FakeServer("c", breaks=True)]
    said: list[str] = []
    with started([(server, SETUP) for server in servers], say=said.append) as endpoints:
        assert [endpoint.name for endpoint in endpoints] == ["b"]
    assert said == ["a is not installed", "c ended with status 1"]


def test_a_sweep_has_a_load_for_each_and_slots_for_the_largest() -> None:
    arguments = parsed(["--sweep", "1,2,16", "--model", "model.gguf", "--prompt-tokens", "500"])
    loads = loads_of(arguments)
    assert [load.streams for load in loads if isinstance(load, Streams)] == [1, 2, 16]
    setup = setup_of(arguments, loads)
    assert (setup.slots, setup.context_tokens) == (16, 768)
    assert [server for server, _ in wanted_of(arguments, setup)] == list(SERVERS)


def test_prepared_weights_are_another_target_beside_the_same_file_for_all() -> None:
    arguments = parsed(["--model", "model.gguf", "--prepared", "q8.gguf", "--server", "llm-on-ecs"])
    wanted = wanted_of(arguments, setup_of(arguments, loads_of(arguments)))
    assert [(server.name, setup.file.name) for server, setup in wanted] == [
        ("llm-on-ecs", "model.gguf"),
        ("llm-on-ecs, prepared", "q8.gguf"),
    ]


def test_a_url_is_asked_alone_unless_servers_are_named() -> None:
    arguments = parsed(["--url", "there=http://there:8080", "--model", "model.gguf"])
    assert wanted_of(arguments, SETUP) == []
    (endpoint,) = urls_of(arguments)
    assert (endpoint.name, endpoint.url, endpoint.processes) == ("there", "http://there:8080", ())


def test_limits_are_told_by_vllms_names() -> None:
    arguments = parsed(["--goodput", "ttft:500", "tpot:50"])
    assert plan_of(arguments, loads_of(arguments)).limits == {"ttft": 500, "tpot": 50}


@pytest.mark.parametrize(
    "words",
    [
        ["--goodput", "fast:5"],
        ["--streams", "0"],
        ["--streams", "1", "--rate", "2"],
        ["--url", "x"],
    ],
)
def test_what_makes_no_load_is_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parsed(words)
    assert "error: argument" in capsys.readouterr().err


def test_our_own_trace_is_one() -> None:
    (trace,) = loads_of(parsed(["--trace", str(BURSTS), "--shared-prefix", "100"]))
    assert isinstance(trace, Trace)
    assert trace.label == "bursts"
    assert trace.most_tokens == 100 + 320 + 16
