"""The web application firewall in front of the endpoint."""

from pydantic import Field

from infra.sections.section import Section


class FirewallSettings(Section):
    """The web application firewall in front of the endpoint."""

    enabled: bool = Field(
        default=False,
        description="true: AWS WAF refuses addresses of bad reputation, known attacks in paths, "
        "queries and headers, and floods. What is in a prompt is counted, never refused. 9 USD a "
        "month and 0.60 USD per million requests.",
    )
    # https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-high-level-settings.html
    requests_per_5_minutes: int = Field(
        default=2_000,
        ge=10,
        le=2_000_000_000,
        description="Requests that one address may send in any five minutes before it is refused. "
        "An office behind one address is one address.",
    )
