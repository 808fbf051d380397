"""API Gateway's usage plan: what each of its keys may ask for."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from infra.sections.api_gateway import ApiGatewaySettings


class KeyLimits(Construct):
    """A plan with the API's first key, whose id is an output of the stack.

    A plan acts only on methods that require one of API Gateway's keys.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        api: apigateway.RestApi,
        gateway: ApiGatewaySettings,
    ) -> None:
        super().__init__(scope, construct_id)
        plan = apigateway.UsagePlan(
            self,
            "UsagePlan",
            description="What each key may ask for.",
            quota=apigateway.QuotaSettings(
                limit=gateway.requests_per_day, period=apigateway.Period.DAY
            ),
            api_stages=[apigateway.UsagePlanPerApiStage(stage=api.deployment_stage)],
        )
        # The API's own: people hold its value, and with another plan they would go on using it.
        key = api.add_api_key("Key", description="The first key of the usage plan.")
        plan.add_api_key(key)
        CfnOutput(Stack.of(self), "ApiGatewayKeyId", value=key.key_id)
