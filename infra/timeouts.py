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


@dataclass(frozen=True, slots=True)
class TimeoutBudget:
    """What each party waits for: the one nearer to the client outwaits the one behind it."""

    longest_generation_seconds: int
    """From the moment a request has its slot to its last token; the service cancels the rest."""
    fetched_mib: int = 0
    """Weights that a task fetches before it loads them; 0 where the image has them."""

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

        Spot interruptions and StopTask send it while the load balancer still routes to the task.
        """
        return 5

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
        first_checks = self.target_check_interval_seconds * self.target_healthy_checks
        return self.startup_seconds + first_checks

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
