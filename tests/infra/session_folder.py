"""A folder that all processes of one session of tests share, until the session ends."""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

VARIABLE: Final = "TESTS_SESSION_FOLDER"


def session_folder() -> Path:
    """Made and removed by the process that asks first; the processes that it starts are told."""
    if VARIABLE not in os.environ:
        folder = tempfile.mkdtemp(prefix="session-")
        atexit.register(shutil.rmtree, folder)
        os.environ[VARIABLE] = folder
    return Path(os.environ[VARIABLE])


@contextmanager
def one_at_a_time(name: str) -> Iterator[Path]:
    """A place in the folder, while no other process of the session is at it."""
    place = session_folder() / name
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield place
