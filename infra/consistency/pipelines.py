"""The rules between a stage's deploy and the pipeline that carries it out."""

from collections.abc import Iterator

from infra.sections.delivery import DeliverySettings
from infra.sections.section import Problem
from infra.timeouts import BESIDE_DEPLOY_SECONDS, DEPLOY_HOURS, DeployPatience


def time(delivery: DeliverySettings, patience: DeployPatience) -> Iterator[Problem]:
    """A deploy ends, and its way back too, before the pipeline's credentials do."""
    needed = patience.whole_seconds + BESIDE_DEPLOY_SECONDS
    if delivery.repository is None or needed <= DEPLOY_HOURS * 3600:
        return
    yield Problem(
        "delivery.repository",
        f"got '{delivery.repository}', but a pipeline's job and credentials end after "
        f"{60 * DEPLOY_HOURS} minutes, and a deploy of this stage may take {-(-needed // 60)} with "
        "its way back; remove it and deploy the stage yourself, or lower "
        "limits.longest_generation_seconds, the rollout's minutes or the size of the weights that "
        "a task fetches",
    )
