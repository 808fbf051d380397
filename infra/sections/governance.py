"""What a company asks of everything that runs in its accounts."""

import re
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from infra.names import own_tags
from infra.sections.section import Problem, Section, as_key

# AWS's rules for keys and values of tags, as far as all services here agree on them.
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
SIGNS: Final = r"[\w .:/=+\-@]"
LONGEST_KEY: Final = 128
LONGEST_VALUE: Final = 256
# The stage's own, by which a budget counts; the CDK adds three more to each subnet.
OURS: Final = tuple(own_tags("STAGE"))
MOST_TAGS: Final = 50 - len(OURS) - 3


def _key(value: str) -> str:
    if not re.fullmatch(f"{SIGNS}{{1,{LONGEST_KEY}}}", value) or value != value.strip():
        raise PydanticCustomError(
            "setting",
            "is no key of a tag; write 1 to 128 letters, digits, spaces and _.:/=+-@",
        )
    if value.lower().startswith("aws:"):
        raise PydanticCustomError("setting", "begins as AWS's own keys do; begin it otherwise")
    return value


def _value(value: str) -> str:
    if not re.fullmatch(f"{SIGNS}{{1,{LONGEST_VALUE}}}", value):
        raise PydanticCustomError(
            "setting",
            "is no value of a tag; write 1 to 256 letters, digits, spaces and _.:/=+-@",
        )
    return value


Tags = dict[Annotated[str, AfterValidator(_key)], Annotated[str, AfterValidator(_value)]]


class GovernanceSettings(Section):
    """What a company asks of everything that runs in its accounts."""

    tags: Tags = Field(
        default={},
        description="Tags beside `project` and `stage`, such as a cost centre, of every resource "
        "that takes any; ECS gives them to the tasks. Costs are divided by those that somebody has "
        "activated as cost allocation tags in the billing console.",
    )
    permissions_boundary: str | None = Field(
        default=None,
        pattern=r"^(arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[A-Za-z0-9_+=,.@/-]+|[A-Za-z0-9_+=,.@-]{1,128})$",
        examples=["arn:aws:iam::111122223333:policy/developer-boundary", "developer-boundary"],
        description="The IAM policy that bounds every role of the stage, by its ARN, or by its "
        "name in the account of the deploy. It has to allow what the roles do: see "
        "docs/governance.md. `cdk bootstrap --custom-permissions-boundary` bounds the CDK's own.",
    )

    def problems(self) -> Iterator[Problem]:
        """Tags that AWS takes, and that are not ours."""
        if len(self.tags) > MOST_TAGS:
            yield Problem(
                "tags",
                f"got {len(self.tags)}, but AWS takes 50 of a resource, of which {50 - MOST_TAGS} "
                f"are the stage's own; choose at most {MOST_TAGS}",
            )
        seen: dict[str, str] = {key: key for key in OURS}
        for key in self.tags:
            other = seen.setdefault(key.lower(), key)
            if other != key:
                yield Problem(
                    f"tags.{as_key(key)}",
                    f"got it beside '{other}', which IAM takes for the same key; remove one",
                )
            elif key in OURS:
                yield Problem(
                    f"tags.{as_key(key)}",
                    f"got '{self.tags[key]}', but every stage has this tag of its own, by which "
                    "its budget counts; choose another key",
                )
