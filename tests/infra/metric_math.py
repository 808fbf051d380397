"""What an alarm says of given values of its metrics."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def value(properties: Mapping[str, Any], **metrics: float | None) -> float:
    """What the alarm compares, with these values of its metrics, None for no data.

    CloudWatch's metric math as far as it is used here, which is written as in Python.
    """
    functions: dict[str, Any] = {
        "IF": lambda condition, yes, no: yes if condition else no,
        "FILL": lambda metric, filling: filling if metric is None else metric,
    }
    queries = {query["Id"]: query for query in properties["Metrics"]}

    def of(identity: str) -> Any:
        query = queries[identity]
        if "Expression" not in query:
            return metrics[identity if identity in metrics else "value"]
        names = {name: of(name) for name in re.findall(r"\b[a-z]\w*", query["Expression"])}
        # An expression of our own template.
        return eval(query["Expression"], functions | names)  # noqa: S307

    (compared,) = (query["Id"] for query in properties["Metrics"] if query["ReturnData"])
    return float(of(compared))


def breaches(properties: Mapping[str, Any], **metrics: float | None) -> bool:
    """Whether these values are beyond the alarm's threshold."""
    found, threshold = value(properties, **metrics), float(properties["Threshold"])
    return {
        "LessThanThreshold": found < threshold,
        "GreaterThanThreshold": found > threshold,
        "GreaterThanOrEqualToThreshold": found >= threshold,
    }[properties["ComparisonOperator"]]


Minute = Mapping[str, Sequence[float]]
AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "Minimum": min,
    "Maximum": max,
    "Sum": sum,
}


def fires(properties: Mapping[str, Any], minutes: Sequence[Minute]) -> bool:
    """Whether the alarm begins within these minutes, each with the samples of its metrics."""
    statistics = {
        query["Id"]: query["MetricStat"]["Stat"]
        for query in properties["Metrics"]
        if "MetricStat" in query
    }
    found = [
        breaches(
            properties,
            **{name: _aggregate(minute.get(name, ()), by) for name, by in statistics.items()},
        )
        for minute in minutes
    ]
    periods, needed = properties["EvaluationPeriods"], properties["DatapointsToAlarm"]
    return any(
        sum(found[max(0, end - periods) : end]) >= needed for end in range(1, len(found) + 1)
    )


def _aggregate(samples: Sequence[float], statistic: str) -> float | None:
    return AGGREGATES[statistic](samples) if samples else None
