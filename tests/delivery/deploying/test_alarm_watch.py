"""Alarms that change while a stage is deployed."""

from typing import Any

from delivery.deploying.alarm_watch import LOOK_SECONDS, AlarmWatch
from delivery.deploying.deployed import DeployedStage
from delivery.deploying.news import Level, News
from tests.delivery.deploying.account import Clock, FakeAccount


class Alarms:
    """Two alarms of the stage's, each in a state that the test sets."""

    def __init__(self, **states: str) -> None:
        self.states = states
        self._clock = Clock()
        self._asked = self._account()
        self.watch = AlarmWatch(DeployedStage(self._asked, "dev"), self._clock)

    def _account(self) -> FakeAccount:
        resources = [
            {"ResourceType": "AWS::CloudWatch::Alarm", "PhysicalResourceId": name}
            for name in self.states
        ]
        return FakeAccount(
            DescribeStacks=[{"StackName": "llm-on-ecs-dev-inference"}],
            ListStackResources=resources,
            DescribeAlarms=self._describe,
        )

    def _describe(self, **_: Any) -> dict[str, Any]:
        return {
            "MetricAlarms": [
                {"AlarmName": name, "StateValue": state, "StateReason": "why"}
                for name, state in self.states.items()
            ]
        }

    @property
    def looks(self) -> int:
        return self._asked.asked.count("DescribeAlarms")

    def news(self, *, after: float = LOOK_SECONDS) -> list[News]:
        self._clock.now += after
        return [news for _, poll in self.watch.parts for news in poll()]


def test_alarm_that_goes_on_is_bad_news_and_off_again_good() -> None:
    alarms = Alarms(ErrorRate="OK")
    alarms.watch.mark()
    assert alarms.news() == []
    alarms.states["ErrorRate"] = "ALARM"
    (on,) = alarms.news()
    assert (on.level, on.text) == (Level.BAD, "alarm ErrorRate is on: why")
    assert alarms.news() == []
    alarms.states["ErrorRate"] = "OK"
    (off,) = alarms.news()
    assert (off.level, off.text) == (Level.GOOD, "alarm ErrorRate is off: OK")


def test_alarms_are_looked_at_less_often_than_the_rest() -> None:
    alarms = Alarms(ErrorRate="OK")
    for _ in range(7):
        alarms.news(after=LOOK_SECONDS / 6)
    assert alarms.looks == 2


def test_alarm_that_was_on_before_is_no_news() -> None:
    alarms = Alarms(ErrorRate="ALARM", NoReadyTask="OK")
    alarms.watch.mark()
    assert alarms.news() == []
