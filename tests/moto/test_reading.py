"""When what a template says counts as read back."""

from typing import Any

import pytest

from tests.moto.reading.resource import Deployed, Reader, matches


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [
        ("a", "a", True),
        ("a", "b", False),
        (60, "60", True),
        (True, "true", True),
        (True, False, False),
        ({"Key": "a"}, {"key": "a", "more": 1}, True),
        ({"Key": "a", "Value": "b"}, {"key": "a"}, False),
        ([{"Key": "a", "Value": "b"}], {"a": "b"}, True),
        ([{"Key": "a", "Value": "b"}], {"a": "c"}, False),
        ([{"Key": "a"}, {"Key": "b"}], [{"Key": "b"}, {"Key": "a"}], True),
        ([{"Key": "a"}, {"Key": "b"}], [{"Key": "a"}], False),
        ({"Action": "s3:*"}, '{"Action": "s3:*", "Effect": "Deny"}', True),
        ({"Action": "s3:*"}, '{"Action": "s3:Get"}', False),
        ({"Action": ["a"]}, {"Action": None}, False),
    ],
)
def test_all_that_is_written_has_to_be_read(wanted: Any, found: Any, same: bool) -> None:
    assert matches(wanted, found) is same


def test_property_that_no_answer_has_is_a_difference() -> None:
    reader = Reader(lambda _: {"One": 1, "Two": 3}, names={"First": "One"})
    properties = {"First": 1, "Two": 2, "Three": 3}
    resource = Deployed("stack", "Name", "AWS::X::Y", "id", properties)
    assert list(reader.differences(resource)) == [
        "AWS::X::Y Two: 2 in the template, 3 read",
        "AWS::X::Y Three: not in the description",
    ]
