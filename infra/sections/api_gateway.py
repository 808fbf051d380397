"""What the API Gateway in front of the load balancer lets through."""

from pydantic import Field

from infra.sections.section import Section


class ApiGatewaySettings(Section):
    """What the API Gateway in front of the load balancer lets through."""

    requests_per_second: int = Field(
        default=50,
        ge=1,
        le=10_000,
        description="Requests a second, of all clients together, above which API Gateway answers "
        "429. A request costs 3.50 USD per million (us-east-1). 10,000 is an account's own limit.",
    )
    burst: int = Field(
        default=100,
        ge=1,
        le=5_000,
        description="Requests that may come at once before `requests_per_second` is held.",
    )
    require_api_key: bool = Field(
        default=False,
        description="true: a request also needs a key of API Gateway's in the header `x-api-key`, "
        "and a usage plan limits each of them; the first is made by the deploy. Our own keys stay "
        "what they are, in the header `Authorization`.",
    )
    requests_per_day: int = Field(
        default=10_000,
        ge=1,
        description="Requests a day that the usage plan grants each of API Gateway's keys.",
    )
    access_log: bool = Field(
        default=False,
        description="true: a log line for each request, without headers. API Gateway writes logs "
        "with one role for all APIs of an account in a region, which the account has to have: "
        "`aws apigateway get-account` names it, `update-account` sets it.",
    )
