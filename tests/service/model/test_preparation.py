"""`python -m service.model prepare`, as a person runs it."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp import web
from gguf import GGUFReader

from service.model.digest import file_digest
from service.model.progress import Progress
from tests.service.model.certificate import write_certificate
from tests.service.model.files import write_model

ROOT = Path(__file__).parents[3]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_model(tmp_path / "tiny.gguf")


def prepare(*words: str | Path, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "service.model", "prepare", *map(str, words)]
    return subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_file_is_verified_told_about_and_written_in_the_type(tiny: Path) -> None:
    done = prepare(tiny, "--sha256", file_digest(tiny), "--type", "Q8_0", folder=tiny.parent)
    made = tiny.parent / "tiny.Q8_0.gguf"
    assert done.returncode == 0, done.stderr
    assert f"SHA-256        {file_digest(made)}\n" in done.stdout
    assert "cache          256 bytes for each token of context" in done.stdout
    assert "requantising to Q8_0: " in done.stderr
    assert {tensor.tensor_type.name for tensor in GGUFReader(made).tensors} == {"F32", "Q8_0"}


def test_chat_template_is_written_into_it_and_all_else_stays(tiny: Path) -> None:
    template = tiny.with_name("tools.jinja")
    template.write_text("{% for message in messages %}{{ tools }}{% endfor %}")
    done = prepare(tiny, "--chat-template", template, folder=tiny.parent)
    assert done.returncode == 0, done.stderr
    before, after = GGUFReader(tiny), GGUFReader(tiny.with_name("tiny.with-template.gguf"))
    assert after.fields["tokenizer.chat_template"].contents() == template.read_text()
    assert after.fields["general.name"].contents() == "Tiny"
    assert len(before.tensors) == len(after.tensors)
    for old, new in zip(before.tensors, after.tensors, strict=True):
        assert (old.name, old.tensor_type, old.data.tobytes()) == (
            new.name,
            new.tensor_type,
            new.data.tobytes(),
        )


def test_text_that_reads_no_messages_is_no_chat_template(tiny: Path) -> None:
    note = tiny.with_name("note.txt")
    note.write_text("Be nice.")
    done = prepare(tiny, "--chat-template", note, folder=tiny.parent)
    assert done.returncode == 1
    assert "is no chat template" in done.stderr


def test_another_hash_than_the_files_is_refused_and_nothing_written(tiny: Path) -> None:
    done = prepare(tiny, "--sha256", "0" * 64, "--type", "Q8_0", folder=tiny.parent)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{tiny}: got SHA-256 {file_digest(tiny)}, not ")
    assert list(tiny.parent.iterdir()) == [tiny]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nothing.gguf"], "nothing.gguf: there is no such file; name a file, bundled, s3://"),
        (
            ["x", "--type", "Q6_K"],
            "--type: got Q6_K, for which there is no recipe; choose one of F16",
        ),
        (["x", "--chat-template", "none.jinja"], "--chat-template: none.jinja: [Errno 2] No such"),
        (["x", "--chat-template", "."], "--chat-template: .: [Errno 21] Is a directory"),
        (["x", "--fastest", "--loss=-1"], "--loss: got -1; write 0 or more, in nats"),
        (["x", "--fastest", "--threads", "0"], "--threads: got 0; write 1 or more"),
        (["x", "--sha256", "abc"], "--sha256: got 'abc'; write 64 hexadecimal digits"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    words: list[str], sentence: str, tmp_path: Path
) -> None:
    done = prepare(*words, folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1


async def test_a_model_comes_over_https(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    certificate = write_certificate(tmp_path / "certificate.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    app = web.Application()
    app.router.add_static("/", tiny.parent)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        done = await asyncio.to_thread(
            prepare,
            f"https://localhost:{runner.addresses[0][1]}/tiny.gguf",
            folder=tmp_path / "out",
            SSL_CERT_FILE=str(certificate),
            NO_PROXY="localhost",
        )
    finally:
        await runner.cleanup()
    assert done.returncode == 0, done.stderr
    assert file_digest(tmp_path / "out/tiny.gguf") == file_digest(tiny)


class Stream:
    """Where progress goes; a terminal or not."""

    def __init__(self, *, terminal: bool) -> None:
        self.text = ""
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


@pytest.mark.parametrize(
    ("terminal", "told"),
    [
        (True, ["\rget: 1.0 MB of 4.0 MB (25 %), 1.0 MB/s"] * 2),
        (False, ["get: 1.0 MB of 4.0 MB (25 %), 1.0 MB/s\n"]),
    ],
)
def test_progress_is_told_in_place_on_a_terminal_and_in_lines_elsewhere(
    terminal: bool, told: list[str]
) -> None:
    stream, times = Stream(terminal=terminal), iter([0.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    progress = Progress("get", stream, clock=lambda: next(times))  # type: ignore[arg-type]
    progress(1_000_000, 4_000_000)
    progress.finish()
    assert stream.text == "".join(told) + ("\n" if terminal else "")
