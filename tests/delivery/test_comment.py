"""The pull request's comment: the worst first, within GitHub's limit, and safe to put together."""

from delivery.changes import compare
from delivery.comment import MARKER, MOST_CHARACTERS, render
from delivery.consequences import Consequences
from delivery.review import StackReview
from tests.delivery.templates import Template, repository, task, template


def reviewed(
    before: Template, after: Template, *, stack: str = "Inference", diff: str = "the diff"
) -> StackReview:
    return StackReview("dev", stack, f"dev-{stack}", tuple(compare(before, after)), diff)


TASK_SIZE = reviewed(template(Task=task("1024")), template(Task=task("2048")))
SAME = StackReview("prod", "Network", "prod-network", (), "")


def row_of(comment: str, stage: str) -> list[str]:
    (row,) = [line for line in comment.splitlines() if line.startswith(f"| {stage} ")]
    return [cell.strip() for cell in row.split("|")[1:-1]]


def test_marker_comes_first() -> None:
    assert render([SAME], base="main").splitlines()[0] == MARKER


def test_every_stack_has_a_row_with_its_counts() -> None:
    comment = render([TASK_SIZE, SAME], base="main")
    assert row_of(comment, "dev") == ["dev", "Inference", "", "", "**1**", ""]
    assert row_of(comment, "prod") == ["prod", "Network", "", "", "", ""]


def test_change_of_no_template_says_so() -> None:
    assert "Deploys nothing" in render([SAME], base="main")


def test_replacement_is_loud_in_the_details() -> None:
    comment = render([TASK_SIZE], base="main")
    assert "- **REPLACED** `Task` (AWS::ECS::TaskDefinition, a new revision): Cpu." in comment


def test_a_blank_line_ends_the_table() -> None:
    lines = render([TASK_SIZE], base="main").splitlines()
    assert lines[lines.index("<details><summary>dev · Inference</summary>") - 1] == ""


def test_lost_data_is_told_before_the_table() -> None:
    gone = reviewed(template(Repo=repository("a", keep="Delete")), template(), stack="Registry")
    warning, _, _ = render([TASK_SIZE, gone], base="main").partition("| this change |")
    assert "> [!CAUTION]" in warning
    assert "`dev` Registry: **REMOVED** `Repo`" in warning
    assert "ITS DATA IS DELETED" in warning


def test_replacement_of_what_holds_no_data_warns_of_nothing() -> None:
    assert "CAUTION" not in render([TASK_SIZE], base="main")


def test_risk_and_cost_stand_above_the_table_and_warnings_above_all() -> None:
    beside = Consequences(warnings=("**DESTROYS** it",), risk="| risk |\n", cost="| cost |\n")
    comment = render([SAME], base="main", beside=beside)
    places = [
        comment.index(text) for text in ("DESTROYS", "| risk |", "| cost |", "| this change |")
    ]
    assert places == sorted(places)
    assert "> [!CAUTION]\n> - **DESTROYS** it\n" in comment


def test_stack_that_left_the_app_is_to_be_destroyed_by_hand() -> None:
    dropped = StackReview("dev", "Cache", "llm-on-ecs-dev-cache", (), "", dropped=True)
    assert "destroy `llm-on-ecs-dev-cache` by hand" in render([dropped], base="main")


def test_stack_with_other_outputs_only_shows_its_diff() -> None:
    comment = render([reviewed(template(), template(), diff="Outputs")], base="main")
    assert "outputs or rules only" in comment
    assert "<details>" in comment


def test_diff_cannot_end_its_own_block() -> None:
    comment = render([reviewed(template(), template(), diff="a\n```\n</details>")], base="main")
    assert "````text\na\n```\n</details>\n````\n" in comment


def test_details_that_do_not_fit_are_named_instead() -> None:
    long = reviewed(template(), template(), stack="Long", diff="x" * MOST_CHARACTERS)
    comment = render([TASK_SIZE, long], base="main")
    assert len(comment) <= MOST_CHARACTERS
    assert "<summary>dev · Inference</summary>" in comment
    assert "<summary>dev · Long</summary>" not in comment
    assert "`make diff STAGE=dev BASE=main` (Long)" in comment


def test_many_lost_resources_and_stacks_stay_within_the_limit() -> None:
    many = {f"Repo{index}": repository("a" * 200, keep="Delete") for index in range(500)}
    reviews = [reviewed(template(**many), template(), stack=f"S{index}") for index in range(60)]
    comment = render(reviews, base="main")
    assert len(comment) <= MOST_CHARACTERS
    assert " more" in comment
