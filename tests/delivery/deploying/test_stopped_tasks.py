"""A task that stops is explained at once, and once."""

from typing import Any

from delivery.deploying.deployed import DeployedStage, ServiceAddress
from delivery.deploying.news import Level, News
from delivery.deploying.stopped_tasks import LATE_LINES_SECONDS, StoppedTasks
from tests.delivery.deploying.account import Clock, FakeAccount, denied
from tests.delivery.deploying.ecs import account, service, task

ADDRESS = ServiceAddress("cluster", "service")


def follower(asked: FakeAccount, clock: Clock | None = None) -> StoppedTasks:
    return StoppedTasks(DeployedStage(asked, "dev"), clock or Clock())


def polled(tasks: StoppedTasks) -> list[News]:
    return list(tasks.poll(ADDRESS))


def test_reason_cause_remedy_and_last_lines_are_told_together() -> None:
    (news,) = polled(follower(account(service(), task())))
    assert news.level is Level.BAD
    assert news.text == (
        "task aaaaaaaa of revision 2 stopped: Essential container in task exited; "
        "service exited with 1"
    )
    assert news.lines == (
        "likely: the program in it ended with an error",
        "do: read its last lines",
        "| the last line",
    )
    assert news.facts["containers"] == [{"name": "service", "exit_code": 1, "reason": ""}]


def test_each_task_is_told_once() -> None:
    tasks = follower(account(service(), task()))
    assert len(polled(tasks)) == 1
    assert polled(tasks) == []


def test_tasks_that_had_stopped_before_are_left_out() -> None:
    tasks = follower(account(service(), task()))
    tasks.mark(ADDRESS)
    assert polled(tasks) == []


def test_second_task_of_one_cause_is_one_line() -> None:
    tasks = follower(account(service(), task(), task("b" * 32)))
    first, second = polled(tasks)
    assert len(first.lines) == 3
    assert second.lines == ("likely the same as before",)
    assert [count for _, count in tasks.causes] == [2]


def test_task_that_is_told_to_stop_is_explained_before_it_has_drained() -> None:
    draining = task(
        lastStatus="DEACTIVATING",
        stopCode="ServiceSchedulerInitiated",
        stoppedReason="Task failed ELB health checks in (target-group x)",
        containers=[{"name": "service"}],
    )
    (news,) = polled(follower(account(service(), draining)))
    assert "failed ELB health checks" in news.text


def test_task_whose_reason_is_not_there_yet_is_asked_for_again() -> None:
    stopping = task(stopCode=None, stoppedReason=None)
    tasks = follower(account(service(), stopping))
    assert polled(tasks) == []
    stopping["stoppedReason"] = "Essential container in task exited"
    assert len(polled(tasks)) == 1


def test_replaced_task_is_a_detail() -> None:
    replaced = task(stoppedReason="Scaling activity initiated by (deployment ecs-svc/1)")
    tasks = follower(account(service(), replaced))
    assert [news.level for news in polled(tasks)] == [Level.DETAIL]
    assert tasks.causes == []


def test_lines_that_come_late_are_told_when_they_come() -> None:
    asked = account(service(), task(), GetLogEvents=None)
    tasks = follower(asked)
    (news,) = polled(tasks)
    assert not any(line.startswith("|") for line in news.lines)
    asked.answers["GetLogEvents"] = {"events": [{"timestamp": 1, "message": "no such model"}]}
    (late,) = polled(tasks)
    assert (late.text, late.lines) == ("task aaaaaaaa wrote last:", ("| no such model",))
    assert polled(tasks) == []


def test_lines_that_come_late_say_more_of_the_cause_of_all_that_were_alike() -> None:
    asked = account(service(), task("a" * 32), task("b" * 32), GetLogEvents=None)
    tasks = follower(asked)
    first, second = polled(tasks)
    assert first.facts["likely"] == "the program in it ended with an error"
    assert second.lines == ("likely the same as before",)
    line = {"timestamp": 1, "message": "failed to load model from /nowhere"}
    asked.answers["GetLogEvents"] = {"events": [line]}
    (late,) = polled(tasks)
    assert late.lines[0] == f"likely: {late.facts['likely']}"
    assert "cannot load the model" in late.facts["likely"]
    ((cause, count),) = tasks.causes
    assert (cause.likely, count) == (late.facts["likely"], 2)


def test_lines_that_never_come_are_not_asked_for_ever() -> None:
    clock, asked = Clock(), account(service(), task(), GetLogEvents=None)
    tasks = follower(asked, clock)
    polled(tasks)
    clock.now = LATE_LINES_SECONDS + 1
    polled(tasks)
    before = asked.asked.count("GetLogEvents")
    polled(tasks)
    assert asked.asked.count("GetLogEvents") == before


def test_log_that_may_not_be_read_names_the_permission_and_the_reason_is_told() -> None:
    asked = account(service(), task(), GetLogEvents=denied("logs:GetLogEvents"))
    (news,) = polled(follower(asked))
    assert "Essential container" in news.text
    assert "its log could not be read: needs permission logs:GetLogEvents" in news.lines


def test_metrics_among_the_lines_are_left_out() -> None:
    lines = [
        {"timestamp": 2, "message": "the reason"},
        {"timestamp": 3, "message": '{"_aws": {"Timestamp": 3}}'},
        {"timestamp": 1, "message": "before"},
    ]
    asked = account(service(), task(), GetLogEvents={"events": lines})
    (news,) = polled(follower(asked))
    assert news.facts["log"] == ["before", "the reason"]


def test_lines_are_asked_for_where_the_log_driver_puts_them() -> None:
    asked: list[dict[str, Any]] = []

    def lines(**parameters: Any) -> dict[str, Any]:
        asked.append(parameters)
        return {"events": []}

    tasks = follower(account(service(), task(), GetLogEvents=lines))
    polled(tasks)
    assert asked[0]["logGroupName"] == "the-log"
    assert asked[0]["logStreamName"] == f"service/service/{'a' * 32}"
    assert list(tasks.log_groups) == ["the-log"]
