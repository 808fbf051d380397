"""What a key may still ask, with a clock of our own."""

from __future__ import annotations

import pytest

from service.authentication import Identity, KeyLimits
from service.errors import RateLimitExceeded
from service.quotas import Charge, Quotas, Standing


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def quotas(clock: Clock) -> Quotas:
    return Quotas(clock=clock)


def ann(requests: int | None = None, tokens: int | None = None) -> Identity:
    return Identity("ann", KeyLimits(requests_per_minute=requests, tokens_per_minute=tokens))


def admit(quotas: Quotas, identity: Identity, tokens: int = 1) -> Charge:
    return quotas.admit(identity, prompt_tokens=tokens)


def refused(quotas: Quotas, identity: Identity, tokens: int = 1) -> RateLimitExceeded:
    with pytest.raises(RateLimitExceeded) as error:
        admit(quotas, identity, tokens)
    return error.value


@pytest.mark.parametrize("identity", [Identity(), Identity("ann"), ann()])
def test_who_has_no_limits_is_admitted_and_costs_no_memory(
    quotas: Quotas, identity: Identity
) -> None:
    for _ in range(1000):
        admit(quotas, identity, 10**9).settle(10**9)
    assert quotas.standings(identity) == {}


def test_requests_of_a_minute_may_come_at_once_and_the_next_waits_for_its_share(
    quotas: Quotas, clock: Clock
) -> None:
    for _ in range(6):
        admit(quotas, ann(requests=6))
    error = refused(quotas, ann(requests=6))
    assert (error.subject, error.limit, error.unit) == ("ann", 6, "requests")
    assert error.retry_after_seconds == 10
    clock.now += 10
    admit(quotas, ann(requests=6))
    assert refused(quotas, ann(requests=6)).retry_after_seconds == 10


def test_pause_is_whole_seconds_and_at_least_one(quotas: Quotas, clock: Clock) -> None:
    for _ in range(600):
        admit(quotas, ann(requests=600))
    assert refused(quotas, ann(requests=600)).retry_after_seconds == 1
    for _ in range(7):
        admit(quotas, Identity("bob", KeyLimits(requests_per_minute=7)))
    assert refused(quotas, Identity("bob", KeyLimits(requests_per_minute=7))).message == (
        "The API key `bob` may use 7 requests per minute here, and has used them; "
        "send the request again after 9 s."
    )


@pytest.mark.parametrize("elapsed", [0.0, 0.1, 1 / 3, 7.7, 59.99])
@pytest.mark.parametrize("limit", [1, 7, 60, 999])
def test_who_waits_as_long_as_asked_is_admitted(
    quotas: Quotas, clock: Clock, limit: int, elapsed: float
) -> None:
    for _ in range(limit):
        admit(quotas, ann(requests=limit, tokens=10 * limit), 10)
    clock.now += elapsed / limit
    clock.now += refused(quotas, ann(requests=limit)).retry_after_seconds
    admit(quotas, ann(requests=limit))


def test_tokens_are_counted_as_they_are_estimated_and_settled_as_they_were(
    quotas: Quotas,
) -> None:
    charge = admit(quotas, ann(tokens=100), 40)
    assert quotas.standings(ann(tokens=100))["tokens"].remaining == 60
    charge.settle(90)
    assert quotas.standings(ann(tokens=100))["tokens"].remaining == 10
    error = refused(quotas, ann(tokens=100), 13)
    assert (error.unit, error.limit, error.retry_after_seconds) == ("tokens", 100, 2)


def test_tokens_that_were_not_taken_are_given_back(quotas: Quotas) -> None:
    admit(quotas, ann(tokens=100), 100).settle(0)
    assert quotas.standings(ann(tokens=100)) == {"tokens": Standing(100, 100, 0.0)}


def test_charge_that_is_cancelled_gives_all_back(quotas: Quotas) -> None:
    admit(quotas, ann(requests=2, tokens=100), 100).cancel()
    standings = quotas.standings(ann(requests=2, tokens=100))
    assert {unit: left.remaining for unit, left in standings.items()} == {
        "requests": 2,
        "tokens": 100,
    }


def test_settling_again_replaces_what_was_settled(quotas: Quotas) -> None:
    charge = admit(quotas, ann(tokens=100), 40)
    for tokens in (70, 20, 50):
        charge.settle(tokens)
    assert quotas.standings(ann(tokens=100))["tokens"].remaining == 50


def test_giving_back_never_makes_more_than_the_limit(quotas: Quotas, clock: Clock) -> None:
    charge = admit(quotas, ann(tokens=100), 100)
    clock.now += 60
    charge.settle(0)
    assert quotas.standings(ann(tokens=100))["tokens"].remaining == 100


def test_request_larger_than_the_limit_is_let_in_when_nothing_is_used_and_then_paid_off(
    quotas: Quotas, clock: Clock
) -> None:
    charge = admit(quotas, ann(tokens=100), 10)
    assert refused(quotas, ann(tokens=100), 500).retry_after_seconds == 6
    charge.settle(0)
    admit(quotas, ann(tokens=100), 500)
    assert quotas.standings(ann(tokens=100)) == {"tokens": Standing(100, 0, 300.0)}
    assert refused(quotas, ann(tokens=100), 1).retry_after_seconds == 241
    clock.now += 241
    admit(quotas, ann(tokens=100), 1)


def test_the_limit_that_is_longest_away_is_named(quotas: Quotas) -> None:
    admit(quotas, ann(requests=1, tokens=60), 60)
    error = refused(quotas, ann(requests=1, tokens=60), 1)
    assert (error.unit, error.retry_after_seconds) == ("requests", 60)


def test_refused_request_takes_nothing(quotas: Quotas, clock: Clock) -> None:
    admit(quotas, ann(requests=60, tokens=100), 100)
    for _ in range(100):
        refused(quotas, ann(requests=60, tokens=100), 10)
    assert quotas.standings(ann(requests=60, tokens=100))["requests"].remaining == 59


def test_keys_of_one_name_share_and_other_names_do_not(quotas: Quotas) -> None:
    admit(quotas, ann(requests=1))
    refused(quotas, Identity("ann", KeyLimits(requests_per_minute=1)))
    admit(quotas, Identity("bob", KeyLimits(requests_per_minute=1)))


def test_changed_limit_holds_at_once_and_what_was_used_stays_used(quotas: Quotas) -> None:
    for _ in range(10):
        admit(quotas, ann(requests=10))
    higher = ann(requests=15)
    assert higher.limits
    quotas.keep({"ann": higher.limits})
    assert quotas.standings(higher)["requests"].remaining == 5
    lower = ann(requests=5)
    assert lower.limits
    quotas.keep({"ann": lower.limits})
    assert quotas.standings(lower)["requests"] == Standing(5, 0, 120.0)
    assert refused(quotas, lower).retry_after_seconds == 72


def test_limit_that_is_added_or_taken_away_leaves_the_other(quotas: Quotas) -> None:
    charge = admit(quotas, ann(requests=10), 70)
    quotas.keep({"ann": KeyLimits(requests_per_minute=10, tokens_per_minute=100)})
    charge.settle(90)  # admitted when tokens had no limit
    remaining = {unit: found.remaining for unit, found in quotas.standings(ann(requests=1)).items()}
    assert remaining == {"requests": 9, "tokens": 100}
    quotas.keep({"ann": KeyLimits(tokens_per_minute=100)})
    assert list(quotas.standings(ann(requests=1))) == ["tokens"]


def test_charge_that_is_open_while_limits_change_is_settled_in_the_new_ones(
    quotas: Quotas,
) -> None:
    charge = admit(quotas, ann(tokens=100), 40)
    quotas.keep({"ann": KeyLimits(tokens_per_minute=200)})
    charge.settle(150)
    assert quotas.standings(ann(tokens=200))["tokens"].remaining == 50


def test_name_that_leaves_is_forgotten_and_its_open_charge_harms_nobody(quotas: Quotas) -> None:
    charge = admit(quotas, ann(requests=1, tokens=10), 10)
    quotas.keep({"bob": KeyLimits(requests_per_minute=1)})
    charge.settle(10**6)
    assert quotas.standings(ann(requests=1, tokens=10))["tokens"].remaining == 10
