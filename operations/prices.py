"""The price table: a price counts only with the page that it was read on, and a day."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

TABLE: Final = Path(__file__).parent / "prices.toml"
REGION: Final = "us-east-1"
# The page's own day or month; where it has none, the day on which it was read.
DATE: Final = r"\d{4}-\d{2}(-\d{2})?|read \d{4}-\d{2}-\d{2}"


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
    """The prices that have a source and a date, by their name in the table."""
    return {
        name: Price(**entry)
        for name, entry in tomllib.loads(table.read_text(encoding="utf-8")).items()
        if _is_dated(entry)
    }


def _is_dated(entry: dict[str, Any]) -> bool:
    has_source = str(entry.get("source", "")).startswith("https://")
    return has_source and re.fullmatch(DATE, str(entry.get("date", ""))) is not None
