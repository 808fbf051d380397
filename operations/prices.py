"""The price table: a price counts only with the page that it was read on."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

TABLE: Final = Path(__file__).parent / "prices.toml"
REGION: Final = "us-east-1"


@dataclass(frozen=True, slots=True)
class Price:
    """USD for one unit in us-east-1, and where and when that was read."""

    amount: float
    unit: str
    what: str
    region: str
    date: str
    source: str


def load_prices(table: Path = TABLE) -> dict[str, Price]:
    """The prices that have a source, by their name in the table."""
    return {
        name: Price(**entry)
        for name, entry in tomllib.loads(table.read_text(encoding="utf-8")).items()
        if _has_source(entry)
    }


def _has_source(entry: dict[str, Any]) -> bool:
    return str(entry.get("source", "")).startswith("https://")
