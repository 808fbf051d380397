"""API Gateway's usage plan: what each of its keys may ask for."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_apigateway as apigateway

from infra.sections.api_gateway import ApiGatewaySettings


def limit_each_key(api: apigateway.RestApi, *, gateway: ApiGatewaySettings) -> None:
    """A plan with a first key, whose id is an output of the stack.

    A plan acts only on methods that require one of API Gateway's keys.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
    """
    plan = api.add_usage_plan(
        "Plan",
        description="What each key may ask for.",
        quota=apigateway.QuotaSettings(
            limit=gateway.requests_per_day, period=apigateway.Period.DAY
        ),
        api_stages=[apigateway.UsagePlanPerApiStage(stage=api.deployment_stage)],
    )
    key = api.add_api_key("Key", description="The first key of the usage plan.")
    plan.add_api_key(key)
    CfnOutput(Stack.of(api), "ApiGatewayKeyId", value=key.key_id)
