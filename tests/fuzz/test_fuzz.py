"""A few of the inputs that `make fuzz` sends, the same ones each time."""

from __future__ import annotations

from pathlib import Path

from service.assembly import assemble
from service.settings import Auth, ServiceSettings
from tests.fuzz.bodies import bodies
from tests.fuzz.fuzzing import fuzz


def test_nothing_sent_to_a_scripted_engine_is_an_error_of_ours() -> None:
    tally = fuzz("scripted", inputs=2000, first=1)
    assert tally.rest["200"] > 50  # else the inputs would all be refused at the door
    assert tally.rpc["OK"] > 50


async def test_every_route_that_takes_a_body_is_fuzzed(tmp_path: Path) -> None:
    settings = ServiceSettings(rest_auth=Auth.OFF, grpc_auth=Auth.OFF)
    parts = assemble(settings, socket_path=str(tmp_path / "engine.sock"))
    takes_body = {each.path for each in parts.rest.operations() if each.body is not None}
    assert takes_body - set(bodies(formats=True)) == set()
