"""The engine's process where it is a `llama-server` of its own."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from service.engine.child import llama_parameters
from service.engine.parameters import EngineParameters
from service.engine.process import command
from service.engine.program import arguments, environment
from service.engine_start import engine_parameters
from service.model.trial.engine import Runner, parameters_for
from service.settings import ServiceSettings
from tests.service.process import ROOT

PARAMETERS = replace(
    parameters_for(Path("model.gguf"), Runner(2), slots=8),
    socket_path="/tmp/engine.sock",
    batch_tokens=60,
)
# Tells what it was called with, and stays.
TELLS = """#!{python}
import json, sys, time
print(json.dumps(sys.argv[1:]), flush=True)
time.sleep(60)
"""
# Starts the engine as the service does, tells of it, and stays until it is killed.
STARTS = """
import subprocess, sys, time
from service.engine.parameters import EngineParameters
from service.engine.process import command
engine = subprocess.Popen(command(EngineParameters.from_json(sys.argv[1])))
print(engine.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def program(tmp_path: Path) -> str:
    file = tmp_path / "llama-server"
    file.write_text(TELLS.format(python=sys.executable))
    file.chmod(stat.S_IRWXU)
    return str(file)


def told(parameters: EngineParameters) -> dict[str, str]:
    """Each option and what follows it; a switch has nothing."""
    words = arguments(parameters)
    ends = [*words[1:], "--"]
    return {
        word: "" if end.startswith("--") else end
        for word, end in zip(words, ends, strict=True)
        if word.startswith("--")
    }


def test_it_is_told_what_the_wheel_s_engine_is() -> None:
    wheel = llama_parameters(PARAMETERS)
    switches = {
        "--no-ui": wheel.ui,
        "--no-slots": wheel.endpoint_slots,
        "--no-reasoning-preserve": wheel.preserve_reasoning_specified,
        "--fit": wheel.fit_params,
    }
    assert not any(switches.values())
    assert told(PARAMETERS) == dict.fromkeys(switches, "") | {
        "--fit": "off",
        "--host": wheel.hostnames[0],
        "--model": wheel.model.path,
        "--alias": next(iter(wheel.model_alias)),
        "--threads": str(wheel.cpuparams.n_threads),
        "--threads-batch": str(wheel.cpuparams_batch.n_threads),
        "--parallel": str(wheel.n_parallel),
        "--ctx-size": str(wheel.n_ctx),
        "--batch-size": str(wheel.n_batch),
        "--ubatch-size": str(wheel.n_ubatch),
        "--cache-ram": str(wheel.cache_ram_mib),
        "--predict": str(wheel.n_predict),
        "--threads-http": str(wheel.n_threads_http),
        "--cors-origins": wheel.cors_origins,
    }


def test_for_vectors_a_batch_is_a_multiple_of_the_slots() -> None:
    options = told(replace(PARAMETERS, embeddings="mean"))
    assert options["--batch-size"] == options["--ubatch-size"] == "56"
    assert options["--pooling"] == "mean"
    assert "--embeddings" in options


def test_how_the_model_s_file_pools_is_left_to_it() -> None:
    options = told(replace(PARAMETERS, embeddings="model"))
    assert "--pooling" not in options
    assert "--embeddings" in options


def test_it_guesses_as_the_wheel_s_engine_does() -> None:
    guesses = replace(PARAMETERS, draft_tokens=7, match_tokens=5)
    wheel, options = llama_parameters(guesses).speculative, told(guesses)
    assert [each.name.endswith("_NGRAM_SIMPLE") for each in wheel.types] == [True]
    assert options["--spec-type"] == "ngram-simple"
    assert options["--spec-ngram-simple-size-n"] == str(wheel.ngram_simple.size_n) == "5"
    assert options["--spec-ngram-simple-size-m"] == str(wheel.ngram_simple.size_m) == "7"


def test_its_options_come_from_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMA_ARG_CTX_SIZE", "1")
    monkeypatch.setenv("OMP_WAIT_POLICY", "passive")
    names = environment().keys()
    assert "LLAMA_ARG_CTX_SIZE" not in names
    assert "OMP_WAIT_POLICY" in names


def test_the_process_becomes_the_program_and_ends_with_who_started_it(program: str) -> None:
    parameters = replace(PARAMETERS, program=program)
    with subprocess.Popen(
        [sys.executable, "-c", STARTS, parameters.to_json()],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        engine = psutil.Process(int(starter.stdout.readline()))
        assert json.loads(starter.stdout.readline()) == arguments(parameters)
        starter.send_signal(signal.SIGKILL)
        engine.wait(10)


def test_it_does_not_begin_where_who_started_it_has_ended(program: str) -> None:
    *module, parent, document = command(replace(PARAMETERS, program=program))
    assert parent == str(os.getpid())
    done = subprocess.run(
        [*module, "1", document], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "the service ended before its engine began" in done.stderr


def test_a_program_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    missing = str(tmp_path / "llama-server")
    settings = ServiceSettings.from_environment(
        {"LLM_REST_AUTH": "off", "LLM_GRPC_AUTH": "off", "LLM_ENGINE_PROGRAM": missing}
    )
    with pytest.raises(FileNotFoundError, match=f"{missing}: no program that can be run"):
        engine_parameters(settings, socket_path="engine.sock")
