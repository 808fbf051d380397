"""A short form of `make bench-load`: sixty clients of every kind against four slots."""

from __future__ import annotations

import math

import pytest

from bench.crowd import Endings
from bench.footprint import Footprint
from bench.load import Result, check_memory, load, loaded_service


async def test_every_request_of_a_crowd_ends_as_it_may_and_nothing_is_left() -> None:
    with loaded_service("paced") as service:
        result = await load(service, clients=60, seconds=10, settled=math.inf)
    assert result.wrong == []
    endings = " ".join(result.endings.counted)
    for how in ("REST 200", "REST 429", "REST 503", "gRPC OK", "gRPC UNAVAILABLE", "gRPC left"):
        assert how in endings


def footprint(*mib: float) -> Footprint:
    return Footprint(samples=[(float(age), size) for age, size in enumerate(mib)])


@pytest.mark.parametrize(("last", "wrong"), [(104.0, 0), (106.0, 1)])
def test_memory_that_grows_after_it_should_have_settled_is_wrong(last: float, wrong: int) -> None:
    grown = footprint(*[10.0] * 20, *[100.0] * 20, *[last] * 20)
    result = Result(Endings(), [])
    check_memory({"gateway": grown}, 20, result)
    assert len(result.wrong) == wrong
