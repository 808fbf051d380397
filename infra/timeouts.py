"""Every time limit of a stage, derived from its longest generation: no two of them can disagree."""

from dataclasses import dataclass
from typing import Final

# AWS's own bounds; the range of `longest_generation_seconds` keeps all limits within them.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
MAX_IDLE_TIMEOUT_SECONDS: Final = 4000
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
MAX_DEREGISTRATION_DELAY_SECONDS: Final = 3600
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
MAX_STOP_TIMEOUT_SECONDS: Final = 120
# A regional API's stream may be silent for 5 minutes and last for 15.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
MAX_GATEWAY_SILENCE_SECONDS: Final = 300

# An assumption, and a cautious one: AWS names no bandwidth for Fargate's sizes.
FETCH_MIB_PER_SECOND: Final = 25

# Of a task's start, what nobody can measure outside of AWS: capacity, network interface, and the
# image's pull. AWS's own benchmark of scaling had 23 s from the decision to running tasks; twice
# that, because this image brings a model.
# https://aws.amazon.com/blogs/aws/amazon-ecs-introduces-new-high-resolution-metrics-for-faster-service-auto-scaling/
PLACEMENT_SECONDS: Final = 45
# From the process' start until it is ready, with the bundled model: 2 s on two idle cores, 5 to 9 s
# where three processes want each core (measured). A small task has less than two idle cores.
PROCESS_SECONDS: Final = 10
# The bundled model's 94 MiB load in 0.84 s (measured).
LOAD_MIB_PER_SECOND: Final = 100
# Application Auto Scaling reads metrics by the minute, and adds tasks after three high ones.
# https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
SCALING_PERIOD_SECONDS: Final = 60
SCALE_OUT_PERIODS: Final = 3
# A cautious one again, where a rollout is not to be called hung that only waits for capacity.
PATIENCE_FOR_PLACEMENT_SECONDS: Final = 180
# The circuit breaker gives a rollout up after three failed tasks, or more where more are wanted,
# which then start at the same time.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
STARTS_BEFORE_GIVING_UP: Final = 3
# Of a rolling deployment with alarms ECS computes itself how long it watches them: assumed to be no
# more than four times the five minutes that they look at.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
ALARMS_WATCHED_SECONDS: Final = 1200
# For all of a deploy but its rollouts. The slowest is a certificate, which waits for DNS.
OTHER_RESOURCES_SECONDS: Final = 2700
# How long a pipeline's job and its credentials last (.github/workflows/deploy.yml, Jenkinsfile). A
# stage that may take longer cannot name a pipeline (infra/consistency/pipelines.py).
DEPLOY_HOURS: Final = 3
# Of which this much is for installing, synthesis and guards before, and the smoke test after.
BESIDE_DEPLOY_SECONDS: Final = 1800


@dataclass(frozen=True, slots=True)
class TimeoutBudget:
    """What each party waits for: the one nearer to the client outwaits the one behind it."""

    longest_generation_seconds: int
    """From the moment a request has its slot to its last token; the service cancels the rest."""
    fetched_mib: int = 0
    """Weights that a task fetches before it loads them; 0 where the image has them."""
    spot: bool = False
    """Whether a task may run on capacity that AWS takes back."""

    @property
    def max_wait_seconds(self) -> int:
        """Longest stay in the queue: a quarter of a generation, and at most a minute.

        Who would wait longer is better refused with Retry-After: another task may have a slot,
        and scaling, which sees the queue once a minute, brings none sooner.
        """
        return min(max(self.longest_generation_seconds // 4, 5), 60)

    @property
    def longest_request_seconds(self) -> int:
        """Queue and generation; a request that is not streamed is silent for all of it."""
        return self.max_wait_seconds + self.longest_generation_seconds

    @property
    def idle_timeout_seconds(self) -> int:
        """Silence after which the load balancer cuts a connection: longer than any request.

        The 10 s beyond it let the service's own answer, that time is up, arrive first.
        """
        return self.longest_request_seconds + 10

    @property
    def gateway_timeout_seconds(self) -> int:
        """How long API Gateway, where it is in front, waits for a response: longer than the load
        balancer, whose own error then tells the client what happened.

        An answer that is not streamed is silent for all of its time, so this must stay within
        `MAX_GATEWAY_SILENCE_SECONDS`.
        """
        return self.idle_timeout_seconds + 10

    @property
    def keep_alive_seconds(self) -> int:
        """How long the service keeps an idle connection: longer than the load balancer does.

        Otherwise that one sends a request down a connection just closed, and answers 502
        (kserve#5446, litellm#19091).
        """
        return self.idle_timeout_seconds + 15

    @property
    def deregistration_delay_seconds(self) -> int:
        """ECS takes a task out of its target groups and waits this long before it sends SIGTERM.

        So a rollout or scale-in cuts no request. The 10 s are for those that arrive while the load
        balancer's nodes still learn of it.
        """
        return self.longest_request_seconds + 10

    @property
    def drain_lag_seconds(self) -> int:
        """After SIGTERM new requests are still served this long.

        StopTask sends it while the load balancer still routes to the task. So does a Spot
        interruption, and there the target may stay registered until the task is gone: the load
        balancer has to find out by its checks, and a task that refuses all, and so has the fewest
        open requests, would be given most of them until then.
        https://repost.aws/knowledge-center/fargate-spot-termination-notice
        """
        return self.unhealthy_seconds if self.spot else 5

    @property
    def unhealthy_seconds(self) -> int:
        """Until the load balancer sends nothing more to a task that says it is not ready."""
        return self.failed_checks_seconds + self.target_check_timeout_seconds

    @property
    def failed_checks_seconds(self) -> int:
        """Until the load balancer has seen enough failed checks of a task."""
        return self.target_check_interval_seconds * self.target_unhealthy_checks

    @property
    def stop_timeout_seconds(self) -> int:
        """From SIGTERM to SIGKILL: a whole request where Fargate's 120 s allow it.

        It bounds Spot interruptions and StopTask; rollouts have waited for the requests before.
        """
        wanted = self.drain_lag_seconds + self.longest_request_seconds + self.exit_seconds
        return min(wanted, MAX_STOP_TIMEOUT_SECONDS)

    @property
    def drain_seconds(self) -> int:
        """After SIGTERM, what still runs is cancelled at this second."""
        return self.stop_timeout_seconds - self.exit_seconds

    @property
    def exit_seconds(self) -> int:
        """For clean errors to those cancelled, 2 s to free their slots, and the engine's end."""
        return 15

    @property
    def startup_seconds(self) -> int:
        """From the container's start to readiness: fetching the weights, loading, warming up."""
        fetching = self.fetch_seconds if self.fetched_mib else 0
        return fetching + self.loading_seconds

    @property
    def fetch_seconds(self) -> int:
        """A task whose weights are not there by then gives up and is replaced.

        The first minute is for permissions and addresses that are not ready yet.
        """
        return 60 + self.fetched_mib // FETCH_MIB_PER_SECOND

    @property
    def loading_seconds(self) -> int:
        """For weights on the task's own disk, until the first token; liveness answers long before.

        The bundled model loads in 0.84 s (measured); gigabytes on a small task can take a minute.
        """
        return 120

    @property
    def health_check_grace_seconds(self) -> int:
        """Until then ECS ignores failed target checks: the start, and the first good checks."""
        return self.startup_seconds + self.first_checks_seconds

    @property
    def first_checks_seconds(self) -> int:
        """Until the load balancer has seen enough good checks of a new task."""
        return self.target_check_interval_seconds * self.target_healthy_checks

    @property
    def target_check_interval_seconds(self) -> int:
        """Between two of the load balancer's checks of a target."""
        return 10

    @property
    def target_check_timeout_seconds(self) -> int:
        """For one check's answer, which a task at full load gives late, but gives."""
        return 5

    @property
    def target_healthy_checks(self) -> int:
        """Good checks until a target gets requests: AWS's least, so that new tasks help soon."""
        return 2

    @property
    def target_unhealthy_checks(self) -> int:
        """Failed checks until ECS replaces the task.

        In seconds three times what a restart of the engine may take (10 s), during which the task
        is unready but not broken.
        """
        return 3

    @property
    def container_check_interval_seconds(self) -> int:
        """Between two liveness checks in the container: each starts a Python, so not oftener."""
        return 15

    @property
    def container_check_timeout_seconds(self) -> int:
        """For one liveness check, which competes with the engine's threads for the CPU."""
        return 10


@dataclass(frozen=True, slots=True)
class ScalingPace:
    """How soon scaling may act again: what it did last has to show in what it reads."""

    budget: TimeoutBudget
    measured_start_seconds: int | None = None
    """Of a stage where somebody has measured it; it replaces the sum below."""

    @property
    def start_seconds(self) -> int:
        """From the decision to a task's first request: it is placed and its image pulled, the
        weights are fetched and loaded, and the load balancer finds it well."""
        if self.measured_start_seconds is not None:
            return self.measured_start_seconds
        fetched = self.budget.fetched_mib
        weights = fetched // FETCH_MIB_PER_SECOND + fetched // LOAD_MIB_PER_SECOND
        return PLACEMENT_SECONDS + PROCESS_SECONDS + weights + self.budget.first_checks_seconds

    @property
    def scale_out_cooldown_seconds(self) -> int:
        """Sooner than this the metric cannot know of the tasks added last, and more would come."""
        return self.start_seconds + SCALING_PERIOD_SECONDS

    @property
    def scale_in_cooldown_seconds(self) -> int:
        """What it takes to have a task back that should not have gone: the load is seen to be too
        high first. Target tracking itself waits for 15 low minutes; this spaces the steps.
        """
        return SCALE_OUT_PERIODS * SCALING_PERIOD_SECONDS + self.scale_out_cooldown_seconds


@dataclass(frozen=True, slots=True)
class DeployPatience:
    """How long a deploy may go on before it is said to hang."""

    budget: TimeoutBudget
    planned_minutes: int = 0
    """Of steps and bake, where two fleets run at once."""

    @property
    def rollout_seconds(self) -> int:
        """ECS has given up, or drained, by then: as many failed starts in a row as the circuit
        breaker takes, or one good one, what is planned, and the end of the longest stream.
        """
        budget = self.budget
        start = PATIENCE_FOR_PLACEMENT_SECONDS + budget.health_check_grace_seconds
        ending = budget.deregistration_delay_seconds + budget.stop_timeout_seconds
        watched = max(60 * self.planned_minutes, ALARMS_WATCHED_SECONDS)
        failing = start + budget.failed_checks_seconds
        return STARTS_BEFORE_GIVING_UP * failing + watched + ending

    @property
    def whole_seconds(self) -> int:
        """A rollout, the way back, and every other resource."""
        return 2 * self.rollout_seconds + OTHER_RESOURCES_SECONDS
