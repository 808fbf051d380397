"""The base image's digest is what the registry says, and nothing is written where it says none."""

from pathlib import Path

import pytest

from operations.base_image import DOCKERFILE, LINE, NoDigest, pinned

DIGEST = f"sha256:{'a' * 64}"
TEXT = "# one\nARG BASE_IMAGE=example/python:3\n\nFROM ${BASE_IMAGE}\n"


def docker(folder: Path, says: str, *, status: int = 0) -> str:
    file = folder / "docker"
    file.write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n")
    file.chmod(0o700)
    return str(file)


def test_tag_gets_the_digest_that_the_registry_says(tmp_path: Path) -> None:
    text = pinned(TEXT, docker=docker(tmp_path, f'{{"digest": "{DIGEST}"}}'))
    assert text == TEXT.replace("python:3", f"python:3@{DIGEST}")


def test_older_digest_is_replaced(tmp_path: Path) -> None:
    older = TEXT.replace("python:3", f"python:3@sha256:{'b' * 64}")
    assert f":3@{DIGEST}\n" in pinned(older, docker=docker(tmp_path, f'{{"digest": "{DIGEST}"}}'))


@pytest.mark.parametrize(
    ("says", "status"), [("", 1), ("no JSON", 0), ("{}", 0), ('{"digest": "latest"}', 0)]
)
def test_answer_without_a_digest_writes_nothing(tmp_path: Path, says: str, status: int) -> None:
    with pytest.raises(NoDigest):
        pinned(TEXT, docker=docker(tmp_path, says, status=status))


def test_our_dockerfile_has_the_line_that_is_rewritten() -> None:
    assert len(LINE.findall(DOCKERFILE.read_text(encoding="utf-8"))) == 1
