"""The picture of a stage is drawn by the verb that the README names."""

import struct
import subprocess
from pathlib import Path

from tests.e2e.conftest import ROOT

PNG = b"\x89PNG\r\n\x1a\n"


def test_make_diagram_draws_a_picture_of_some_size(tmp_path: Path) -> None:
    command = ["make", "diagram", "STAGE=prod", f"PICTURES={tmp_path}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    picture = (tmp_path / "prod.png").read_bytes()
    assert picture.startswith(PNG)
    width, height = struct.unpack(">II", picture[16:24])
    assert min(width, height) > 400
