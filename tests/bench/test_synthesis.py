"""What the measurement of the synths makes of its seconds."""

import json
import sys
from pathlib import Path

from bench.synthesis import ONE_BUCKET, one_bucket, ratios, table

FOUND = {
    ONE_BUCKET: {"with validation": [2.0, 2.0, 9.0], "without": [1.0, 1.0, 1.5]},
    "dev": {"with validation": [5.0, 3.0, 4.0], "without": [1.9, 1.7, 1.8]},
}


def test_a_stage_is_compared_by_its_median() -> None:
    assert ratios(FOUND) == {"dev": 1.8}
    assert ratios(FOUND, "with validation") == {"dev": 2.0}


def test_the_table_has_the_fastest_too_and_the_ratio_for_each_column() -> None:
    assert list(table(FOUND))[2:] == [
        "| one bucket | 2.0 (2.0) | 1.0 (1.0) | 1.00, 1.00 |",
        "| dev | 4.0 (3.0) | 1.8 (1.7) | 2.00, 1.80 |",
    ]


def test_the_app_with_one_bucket_runs_on_the_same_python(tmp_path: Path) -> None:
    app = one_bucket(tmp_path)
    assert json.loads((app.folder / "cdk.json").read_text())["app"] == f"{sys.executable} app.py"
    compile((app.folder / "app.py").read_text(), "app.py", "exec")
