"""The files in monitoring/, read as what they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

MONITORING = Path(__file__).parents[2] / "monitoring"


def rules(name: str) -> list[dict[str, Any]]:
    """The rules of a rule file, in order."""
    text = (MONITORING / name).read_text(encoding="utf-8")
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    text = (MONITORING / "grafana/dashboard.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def dashboard_expressions() -> list[str]:
    """Every query of every panel."""
    return [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
