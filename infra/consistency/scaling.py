"""What scaling and its schedules ask for agrees."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from infra.sections.cron import may_coincide
from infra.sections.rollout import RolloutSettings
from infra.sections.scaling import ScalingSettings
from infra.sections.schedules import ScheduleSettings
from infra.sections.section import Problem

Schedules = Mapping[str, ScheduleSettings]


class TaskBounds(NamedTuple):
    """Between these scaling chooses."""

    fewest: int
    most: int


def bounds_of(schedule: ScheduleSettings, scaling: ScalingSettings) -> TaskBounds:
    """What a schedule sets: what it leaves out is scaling's own."""
    return TaskBounds(
        scaling.min_tasks if schedule.min_tasks is None else schedule.min_tasks,
        scaling.max_tasks if schedule.max_tasks is None else schedule.max_tasks,
    )


def all_day(schedules: Schedules, scaling: ScalingSettings) -> TaskBounds:
    """The fewest and the most tasks that may run at any time."""
    bounds = [bounds_of(schedule, scaling) for schedule in schedules.values()]
    fewest = min([scaling.min_tasks, *(each.fewest for each in bounds)])
    return TaskBounds(fewest, max([scaling.max_tasks, *(each.most for each in bounds)]))


def schedules(schedules: Schedules, scaling: ScalingSettings) -> Iterator[Problem]:
    """Each schedule's bounds are in order; no two begin together; what one does, one undoes."""
    for name, schedule in schedules.items():
        yield from _in_order(name, schedule, scaling)
    for (name, schedule), (other, against) in combinations(schedules.items(), 2):
        same_clock = schedule.time_zone == against.time_zone
        if same_clock and may_coincide(schedule.cron, against.cron):
            yield Problem(
                f"schedules.{other}.cron",
                f"got '{against.cron}', which can be the same minute as that of "
                f"schedules.{name}, '{schedule.cron}', and nobody knows which one then holds; "
                "have it begin at another minute, or on other days",
            )
    found = {bounds_of(schedule, scaling) for schedule in schedules.values()}
    if len(found) == 1 and found != {TaskBounds(scaling.min_tasks, scaling.max_tasks)}:
        (bounds,) = found
        name = next(iter(schedules))
        yield Problem(
            f"schedules.{name}",
            f"got {bounds.fewest} to {bounds.most} tasks, to which no other schedule puts an end; "
            "add one, which needs a cron and no bounds to go back to those of scaling",
        )


def cpu(scaling: ScalingSettings, rollout: RolloutSettings) -> Iterator[Problem]:
    """AWS averages CPU over all tasks of a service, and it has no fleet's own."""
    if scaling.cpu_percent is not None and rollout.two_fleets:
        yield Problem(
            "scaling.cpu_percent",
            f"got {scaling.cpu_percent}, but rollout.strategy is '{rollout.strategy}', in which a "
            "second fleet stands idle and halves the average, so that nothing scales out under "
            "load; remove it, and scale by slots or requests, or choose strategy 'rolling'",
        )


def _in_order(name: str, schedule: ScheduleSettings, scaling: ScalingSettings) -> Iterator[Problem]:
    bounds = bounds_of(schedule, scaling)
    if bounds.fewest <= bounds.most:
        return
    if schedule.min_tasks is None:
        yield Problem(
            f"schedules.{name}.max_tasks",
            f"got {bounds.most}, below scaling.min_tasks {bounds.fewest}; "
            "raise it, or give the schedule a min_tasks of its own",
        )
    else:
        of_its_own = schedule.max_tasks is not None
        other = f"schedules.{name}.max_tasks" if of_its_own else "scaling.max_tasks"
        remedy = "raise max_tasks" if of_its_own else "give the schedule a max_tasks of its own"
        yield Problem(
            f"schedules.{name}.min_tasks",
            f"got {bounds.fewest}, above {other} {bounds.most}; lower it, or {remedy}",
        )
