"""The README's blocks, run word for word. A block says where: `<!-- run: local -->` or `aws`.

`account` marks what only a real account can do; that the verbs in it exist, and those of all other
documents, is tests/contract/test_named_verbs.py.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Checkout

pytestmark = pytest.mark.timeout(1200)

BLOCK = re.compile(r"(?:<!-- run: (\w+) -->\n)?```(sh|python)\n(.*?)```", re.DOTALL)
VERBS = {"make test", "make check", "make e2e"}  # what runs this, and its sisters


def blocks(where: str) -> list[str]:
    """The blocks for one place as bash, in the README's order."""
    found = []
    for tag, language, text in BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8")):
        if tag == where:
            program = f".venv/bin/python -c {shlex.quote(text)}\n"
            found.append(program if language == "python" else text)
    return found


def stopped_at_the_end(script: str) -> str:
    return f"trap 'make down' EXIT\n{script}"


def running_from(folder: Path) -> list[int]:
    """Processes whose command line names the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(folder).encode() in command:
                found.append(int(entry.name))
    return found


def test_every_block_is_run_somewhere_or_is_a_verb_of_ours() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for tag, _, text in BLOCK.findall(readme):
        commands = {line.split("#")[0].strip() for line in text.splitlines()}
        assert tag in {"local", "aws", "account"} or commands <= VERBS, text


@pytest.mark.parametrize("block", blocks("account"))
def test_block_that_takes_an_account_is_bash(block: str) -> None:
    syntax = subprocess.run(["bash", "-n", "-c", block], capture_output=True, check=False)
    assert syntax.returncode == 0, syntax.stderr


def test_local_blocks_work_from_a_fresh_copy_and_leave_no_process(checkout: Checkout) -> None:
    local = blocks("local")
    down = next(block for block in local if "make down" in block)
    last = [block for block in local if block is not down]
    script = "set -x\n" + "\n".join([*last, down])
    told = checkout.shell(stopped_at_the_end(script), form="process").stdout
    assert "Ready after" in told
    assert "data: [DONE]" in told
    assert "Paris" in told
    assert '"PolicyType": "TargetTrackingScaling"' in told
    assert running_from(checkout.folder) == []


def test_second_up_changes_nothing_and_keeps_the_key(checkout: Checkout) -> None:
    try:
        checkout.shell("make up", form="process")
        first, tasks = checkout.endpoints(), task_pids(checkout)
        checkout.shell("make up", form="process")
        assert (checkout.endpoints(), task_pids(checkout)) == (first, tasks)
        assert len(tasks) == 2
    finally:
        checkout.shell("make down", form="process")


def task_pids(checkout: Checkout) -> list[str]:
    told = checkout.shell("make status", form="process").stdout
    return sorted(re.findall(r"pid (\d+)", told))


def test_nothing_was_written_into_the_home_folder(checkout: Checkout) -> None:
    written = {path.name for path in checkout.home.iterdir()}
    assert written <= {".rustup"}  # of rustup's `rustc`, where there is one: pip asks its version


def test_taken_port_is_one_sentence_that_names_the_remedy(checkout: Checkout) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = checkout.shell(
            "make up", form="process", check=False, variables={"LLM_SANDBOX_HTTP_PORT": port}
        )
    assert done.returncode != 0
    assert f"Port {port}" in done.stdout
    assert "LLM_SANDBOX_HTTP_PORT" in done.stdout
    assert "Traceback" not in done.stdout
