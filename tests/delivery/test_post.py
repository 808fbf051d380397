"""The comment is written once and then rewritten, by the standard library alone."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery.assemblies import ROOT
from delivery.comment import MARKER
from delivery.post import PAGE, post
from tests.delivery.github import GitHub


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_first_comment_is_written(github: GitHub) -> None:
    assert post(f"{MARKER}\nfirst", github.pull_request) == "#0"
    assert [comment["body"] for comment in github.comments] == [f"{MARKER}\nfirst"]


def test_second_comment_takes_the_place_of_the_first(github: GitHub) -> None:
    post(f"{MARKER}\nfirst", github.pull_request)
    assert post(f"{MARKER}\nsecond", github.pull_request) == "#0"
    assert [comment["body"] for comment in github.comments] == [f"{MARKER}\nsecond"]


def test_comment_is_found_beyond_the_first_page(github: GitHub) -> None:
    for index in range(PAGE):
        github.write(f"talk {index}", by="ann")
    ours = github.write(f"{MARKER}\nfirst")
    post(f"{MARKER}\nsecond", github.pull_request)
    assert ours["body"] == f"{MARKER}\nsecond"


def test_comment_of_a_person_who_quotes_the_marker_is_left_alone(github: GitHub) -> None:
    quoted = github.write(f"{MARKER}\nlook at this", by="ann")
    post(f"{MARKER}\nours", github.pull_request)
    assert quoted["body"] == f"{MARKER}\nlook at this"
    assert len(github.comments) == 2


def test_every_request_carries_the_token(github: GitHub) -> None:
    post(f"{MARKER}\nfirst", github.pull_request)
    assert github.tokens == {"Bearer token"}


def run_post(file: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """As a runner does: without our packages (-S) and without our other variables."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "delivery/post.py"), str(file)],
        env={"PATH": os.defpath, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_runs_on_a_bare_python(github: GitHub, tmp_path: Path) -> None:
    file = tmp_path / "comment.md"
    file.write_text(f"{MARKER}\nfirst", encoding="utf-8")
    done = run_post(
        file,
        GITHUB_API_URL=github.pull_request.api,
        GITHUB_REPOSITORY="o/r",
        GITHUB_TOKEN="token",
        PULL_REQUEST="7",
    )
    assert (done.returncode, done.stdout) == (0, "#0\n"), done.stderr


def test_missing_variable_is_named(tmp_path: Path) -> None:
    file = tmp_path / "comment.md"
    file.write_text(MARKER, encoding="utf-8")
    done = run_post(file)
    assert done.returncode == 1
    assert done.stderr.startswith("'GITHUB_API_URL': got none; ")
