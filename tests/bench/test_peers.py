"""A peer is started, waited for and ended, whatever it does."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bench.endpoints import Endpoint, Setup
from bench.peers import installation, llama_cpp_python, llama_server, vllm_cpu
from bench.peers.installation import InstallationError, Package, progress_in
from bench.peers.peer import Launch, Peer, PeerError

SERVER = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
print("features: AMX", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
PACKAGE = Package(name="scripted", requirements=("scripted==1",), note="no time", tools=())
SETUP = Setup(file=Path("model.gguf"), threads=2, slots=8, context_tokens=512)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(installation, "FOLDER", tmp_path)
    (tmp_path / "scripted").mkdir()
    return tmp_path


def scripted(script: str) -> Peer:
    return Peer(
        package=PACKAGE,
        launch=lambda setup, port: Launch([sys.executable, "-c", script, str(port)], {}),
        health="/health",
        describe=lambda output: output.splitlines()[0],
        note="one at a time",
        start_seconds=20,
    )


def test_a_peer_answers_while_it_is_used_and_leaves_nothing(folder: Path) -> None:
    with scripted(SERVER).started(SETUP) as endpoint:
        assert httpx.get(f"{endpoint.url}/health").status_code == 200
        assert endpoint.build == "features: AMX"
        assert endpoint.note == "one at a time"
    assert not any(process.is_running() for process in endpoint.processes)
    assert not list((folder / "scripted").iterdir())


def test_the_output_of_a_peer_that_ends_is_named_and_kept() -> None:
    with (
        pytest.raises(PeerError, match="scripted ended with status 3; see ") as caught,
        scripted("print('no such model'); raise SystemExit(3)").started(SETUP),
    ):
        pass
    assert Path(str(caught.value).split("see ")[1]).read_text() == "no such model\n"


def test_a_peer_that_never_answers_is_given_up_and_ended() -> None:
    silent = replace(scripted("import threading; threading.Event().wait()"), start_seconds=0.3)
    with pytest.raises(PeerError, match="does not answer after"), silent.started(SETUP):
        pass


def test_what_a_peer_wrote_is_kept_when_the_measurement_fails() -> None:
    def measure(endpoint: Endpoint) -> None:
        raise ValueError("a broken stream")

    with pytest.raises(ValueError, match="broken") as caught, scripted(SERVER).started(SETUP) as up:
        measure(up)
    assert "What scripted wrote is in" in caught.value.__notes__[0]


def test_what_is_not_installed_says_how_to_get_it() -> None:
    assert scripted(SERVER).missing() == (
        "scripted is not installed; run: make bench-peers PEERS=scripted"
    )


def test_other_pins_are_another_installation(folder: Path) -> None:
    class Installed(Package):
        """Runs nothing."""

        def _run(self, *command: str) -> None: ...

    package = Installed(name="scripted", requirements=("scripted==1",), note="", tools=())
    package.install()
    assert package.is_installed
    assert not replace(package, requirements=("scripted==2",)).is_installed


def test_a_missing_compiler_is_named_with_its_remedy() -> None:
    package = replace(PACKAGE, tools=("no-such-compiler",))
    with pytest.raises(InstallationError, match="apt install no-such-compiler"):
        package.install()


def test_an_installation_that_fails_names_its_output(folder: Path) -> None:
    with pytest.raises(InstallationError, match="installation"):
        PACKAGE._run(sys.executable, "-c", "raise SystemExit('no such release')")
    assert "no such release" in (folder / "scripted-installation.log").read_text()


@pytest.mark.parametrize(
    ("line", "progress"),
    [
        ("  [ 45%] Building CXX object a.o", "45 % built"),
        ("  [30/120] Building CXX object a.o", "25 % built"),
        ("Collecting torch", "Collecting torch"),
        ("-- Performing Test HAS_AVX", None),
    ],
)
def test_a_build_says_how_far_it_is(line: str, progress: str | None) -> None:
    assert progress_in(line) == progress


def test_llama_server_gets_the_context_of_all_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_server, "program", lambda: Path("llama-server"))
    assert llama_server.launch(SETUP, 8123).options["--ctx-size"] == 4096


def test_llama_cpp_python_has_one_slot_and_lets_no_request_end_another() -> None:
    options = llama_cpp_python.launch(SETUP, 8123).options
    assert options["--n_ctx"] == 512
    assert options["--interrupt_requests"] == "false"


def test_llama_cpps_features_are_those_that_it_was_built_with() -> None:
    line = "0.01 I cmn: system_info: n_threads = 2 / 2 | CPU : SSE3 = 1 | AVX512 = 1 | SVE = 0 | "
    assert llama_server.features(f"build 0\n{line}\nmain: ready\n") == "SSE3 AVX512"


def test_vllm_computes_on_as_many_cores_as_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_cpu, "dequantised", lambda file: Path("folder"))
    launch = vllm_cpu.launch(SETUP, 8123)
    assert launch.variables["VLLM_CPU_OMP_THREADS_BIND"] == "0-1"
    assert launch.options["--max-num-seqs"] == 8
