"""The sandbox's AWS is for programs on this machine, and not for a page in a browser."""

import pytest

from sandbox.aws import from_a_web_page


@pytest.mark.parametrize("host", ["localhost:4566", "127.0.0.1:4566"])
def test_program_on_this_machine_is_answered(host: str) -> None:
    assert not from_a_web_page({"HTTP_HOST": host})


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_HOST": "localhost:4566", "HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_HOST": "evil.example:4566"},
        {},
    ],
)
def test_page_is_refused_with_its_origin_or_under_another_name(environ: dict[str, str]) -> None:
    assert from_a_web_page(environ)
