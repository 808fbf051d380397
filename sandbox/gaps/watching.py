"""CloudWatch: the tags of dashboards, and an alarm's state when the alarm is changed."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.models import CloudWatchBackend as Backend
from moto.cloudwatch.responses import CloudWatchResponse as Response
from moto.core.responses import ActionResult

from .patch import patch

STATE = ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp")


def install() -> None:
    put_dashboard, put_alarm = Response.put_dashboard, Backend.put_metric_alarm
    tag = Backend.tag_resource

    def with_tags(self: Response) -> ActionResult:
        answer: ActionResult = put_dashboard(self)
        backend = self.cloudwatch_backend
        arn = backend.dashboards[self._get_param("DashboardName")].arn
        backend.tagger.tag_resource(arn, self._get_param("Tags") or [])
        return answer

    def with_state(self: Backend, *args: Any, **more: Any) -> Any:
        """ "When you update an existing alarm, its state is left unchanged": PutMetricAlarm."""
        name = more.get("name") or args[0]
        before = self.alarms.get(name)
        alarm = put_alarm(self, *args, **more)
        if before is not None:
            for part in STATE:
                setattr(alarm, part, getattr(before, part))
        return alarm

    def tag_resource(self: Backend, arn: str, tags: dict[str, str]) -> None:
        """moto tags alarms only."""
        if arn in [dashboard.arn for dashboard in self.dashboards.values()]:
            self.tagger.tag_resource(arn, self.tagger.convert_dict_to_tags_input(tags))
        else:
            tag(self, arn, tags)

    patch(Response, put_dashboard=with_tags)
    patch(Backend, put_metric_alarm=with_state, tag_resource=tag_resource)
