"""What we say about fetching a model."""

from typing import Final

from operations.verify.claim import ByHand, Claim

CLAIMS: Final = (
    Claim(
        id="fetch-in-time",
        sentence="A task fetches at least 25 MiB a second from S3, through the gateway endpoint, "
        "with a role made in the same minute.",
        made_in="infra/footprint.py",
        source="an assumption",
        costs="a task for some minutes",
        how=ByHand(
            (
                "put a model of some GB with make model, and deploy the stage with its lines",
                "the task's log must say how long the fetch took: under 1 s for each 25 MiB",
            )
        ),
    ),
    Claim(
        id="task-disk",
        sentence="A task has the disk that it asks for beyond 20 GiB, writable at /tmp.",
        made_in="infra/footprint.py",
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html",
        costs="a task for some minutes",
        how=ByHand(("deploy a stage with a model above 18 GB", "its tasks must become ready")),
    ),
)
