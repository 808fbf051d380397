"""What outlives `cdk destroy`."""

from aws_cdk import RemovalPolicy

from infra.settings import StageSettings


def removal_policy(settings: StageSettings) -> RemovalPolicy:
    """For images, keys and logs. A failed first deploy leaves nothing behind in either case."""
    if settings.retain_data:
        return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
    return RemovalPolicy.DESTROY
