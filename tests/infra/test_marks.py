"""What is written from the code is all that changes in a document."""

import re

import pytest

from infra.marks import with_part

BEGIN, END = "<!-- rules: begin (make manual) -->", "<!-- rules: end -->"


def test_a_part_is_made_anew_and_the_rest_left_as_it_is() -> None:
    document = f"Before.\n{BEGIN}\nold\n{END}\nAfter.\n"
    assert with_part(document, "rules", "new") == f"Before.\n{BEGIN}\nnew\n{END}\nAfter.\n"


@pytest.mark.parametrize(
    ("marks", "missing"),
    [("", BEGIN), (BEGIN, END), (END, BEGIN), (f"{END} {BEGIN}", END)],
    ids=["neither", "no end", "no beginning", "the wrong way round"],
)
def test_a_document_without_both_marks_is_left_alone(marks: str, missing: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"rules: got no mark {missing}; put it back")):
        with_part(f"Before {marks} and after.", "rules", "new")
