"""The client's tree of errors, and that it knows every error that the service has."""

from __future__ import annotations

import pickle
import re

import pytest

import llm_on_ecs
from llm_on_ecs import errors
from llm_on_ecs.errors import OF_CODE, LLMError, all_errors
from service.errors import ServiceError


def service_errors(root: type[ServiceError] = ServiceError) -> list[type[ServiceError]]:
    """Those that callers can tell apart: one without a code of its own is its parent to them."""
    found = [each for child in root.__subclasses__() for each in (child, *service_errors(child))]
    return [error for error in found if "code" in vars(error)]


def test_tree_in_the_docstring_is_the_tree() -> None:
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    assert drawn == [error.__name__ for error in all_errors() if error is not LLMError]


def test_codes_are_unique() -> None:
    codes = [error.code for error in all_errors()]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.__name__)
def test_every_error_is_in_the_packages_own_names(error: type[LLMError]) -> None:
    assert getattr(llm_on_ecs, error.__name__) is error
    assert error.__name__ in llm_on_ecs.__all__


@pytest.mark.parametrize("error", service_errors(), ids=lambda error: error.__name__)
def test_every_error_of_the_service_has_the_same_name_here(error: type[ServiceError]) -> None:
    assert OF_CODE[error.code].__name__ == error.__name__


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.__name__)
def test_every_error_comes_back_whole_from_another_process(error: type[LLMError]) -> None:
    sent = error("Full.")
    sent.__dict__ |= {"request_id": "r-1", "text": "Once"}
    back = pickle.loads(pickle.dumps(sent))  # noqa: S301  # of our own making
    assert (type(back), vars(back)) == (error, vars(sent))


def test_text_has_the_code_and_the_request() -> None:
    error = errors.QueueFull("Full.", request_id="r-1")
    assert str(error) == "Full. [queue_full] (request r-1)"
