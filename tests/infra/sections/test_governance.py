"""Tags that AWS takes, and how a permissions boundary is named."""

from typing import Any

import pytest
from pydantic import ValidationError

from infra.sections.governance import MOST_TAGS
from tests.infra.stages import problem, stage


def governance(**values: Any) -> dict[str, Any]:
    return {"governance": values}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cost-centre", "4711"),
        ("Owner", "team a@example.org"),
        ("a:b/c=d+e.f_g", "ä ö/ü"),
        ("k" * 128, "v" * 256),
    ],
)
def test_a_tag_that_aws_takes_is_taken(key: str, value: str) -> None:
    assert stage(**governance(tags={key: value})).governance.tags == {key: value}


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("", "x", "is no key of a tag"),
        ("k" * 129, "x", "is no key of a tag"),
        ("a&b", "x", "is no key of a tag"),
        (" a", "x", "is no key of a tag"),
        ("aws:team", "x", "begins as AWS's own keys do; begin it otherwise"),
        ("AWS:team", "x", "begins as AWS's own keys do; begin it otherwise"),
        ("a", "", "is no value of a tag"),
        ("a", "v" * 257, "is no value of a tag"),
        ("a", "x;y", "is no value of a tag"),
    ],
)
def test_a_tag_that_aws_would_refuse_is_refused(key: str, value: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        stage(**governance(tags={key: value}))


def test_a_tag_of_the_stages_own_is_refused() -> None:
    found = problem(**governance(tags={"stage": "mine"}))
    assert found.path == "governance.tags.stage"
    assert found.text.startswith("got 'mine', but every stage has this tag of its own")


@pytest.mark.parametrize("tags", [{"Stage": "x"}, {"team": "a", "Team": "b"}])
def test_keys_that_differ_in_case_only_are_refused_because_of_iam(tags: dict[str, str]) -> None:
    found = problem(**governance(tags=tags))
    assert "which IAM takes for the same key; remove one" in found.text


def test_more_tags_than_there_is_room_for_are_refused_with_their_number() -> None:
    tags = {f"key{number}": "x" for number in range(MOST_TAGS)}
    assert stage(**governance(tags=tags))
    found = problem(**governance(tags=tags | {"one": "more"}))
    assert found.path == "governance.tags"
    assert found.text.startswith(f"got {MOST_TAGS + 1}, but AWS takes 50 of a resource, of which ")


@pytest.mark.parametrize(
    "name",
    [
        "developer-boundary",
        "arn:aws:iam::111122223333:policy/a/b",
        "arn:aws-cn:iam::111122223333:policy/a",
        "arn:aws:iam::aws:policy/PowerUserAccess",
    ],
)
def test_a_boundary_is_named_or_given_by_its_arn(name: str) -> None:
    settings = stage(**governance(permissions_boundary=name))
    assert settings.governance.permissions_boundary == name


@pytest.mark.parametrize(
    "name", ["", "a b", "arn:aws:iam::111122223333:role/a", "arn:aws:iam::1:policy/a", "a/b"]
)
def test_a_boundary_that_is_no_policy_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        stage(**governance(permissions_boundary=name))
