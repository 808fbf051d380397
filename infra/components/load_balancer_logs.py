"""The bucket of what the load balancer writes down: requests, connections, or both."""

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.sections.load_balancer import LoadBalancerSettings

# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-connection-logging.html
DELIVERY_SERVICE = "logdelivery.elasticloadbalancing.amazonaws.com"


class LoadBalancerLogs(Construct):
    """Encrypted, not public, written by load balancers of this account only, emptied by age.

    Both kinds lie under the same path, and tell each other apart by their files' names, of which
    those of connections begin with `conn_log`.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-connection-logs.html
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: LoadBalancerSettings
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            # With a key of KMS the load balancer cannot write.
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(settings.logs_days),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            # Turning logs on writes a test object: the bucket is never empty, and deleting it
            # would fail, and the whole `cdk destroy` with it.
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        self._let_load_balancers_write()

    def write_from(self, balancer: elbv2.ApplicationLoadBalancer) -> None:
        """Have `balancer` write here what the settings ask for.

        Not `log_access_logs` and `log_connection_logs`, which want a region at synth for the
        accounts that wrote the logs before there was a service principal.
        """
        if self._settings.access_logs:
            self._write(balancer, "access_logs")
        if self._settings.connection_logs:
            self._write(balancer, "connection_logs")
        # The load balancer tries to write when the attribute is set.
        if self.bucket.policy:
            balancer.node.add_dependency(self.bucket.policy)

    def _write(self, balancer: elbv2.ApplicationLoadBalancer, kind: str) -> None:
        balancer.set_attribute(f"{kind}.s3.enabled", "true")
        balancer.set_attribute(f"{kind}.s3.bucket", self.bucket.bucket_name)

    def _let_load_balancers_write(self) -> None:
        """The path holds this account's id, so no other account's load balancer may write."""
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(DELIVERY_SERVICE)],
                actions=["s3:PutObject"],
                resources=[self.bucket.arn_for_objects(f"AWSLogs/{Aws.ACCOUNT_ID}/*")],
            )
        )
