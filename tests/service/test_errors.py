import re

import pytest

from service import errors
from service.errors import ServiceError
from service.rest.statuses import ANSWERS
from service.rpc.statuses import STATUSES


def all_errors(root: type[ServiceError] = ServiceError) -> list[type[ServiceError]]:
    return [found for child in root.__subclasses__() for found in (child, *all_errors(child))]


def told_errors() -> list[type[ServiceError]]:
    """Those that callers can tell apart: one without a code of its own is its parent to them."""
    return [error for error in all_errors() if "code" in vars(error)]


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.__name__)
def test_every_error_has_a_status_on_both_transports(error: type[ServiceError]) -> None:
    assert error.code in ANSWERS
    assert error.code in STATUSES


def test_codes_are_unique_and_no_table_has_a_code_too_many() -> None:
    codes = [error.code for error in told_errors()]
    assert len(set(codes)) == len(codes)
    assert set(ANSWERS) == set(STATUSES) == set(codes)


def test_tree_in_the_docstring_is_the_tree() -> None:
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    assert sorted(drawn) == sorted(error.__name__ for error in all_errors())
