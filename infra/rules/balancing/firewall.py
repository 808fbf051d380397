"""Where a firewall may stand."""

from collections.abc import Iterator

from infra.reading.rule import Finding, Rule
from infra.reading.stack import Stack


class FirewallScope(Rule):
    """Firewalls of CloudFront before something else."""

    id = "E9578"
    shortdesc = "A web ACL that is associated with a load balancer is regional"
    description = (
        "AWS WAF associates regional resources with a web ACL of scope REGIONAL alone; a "
        "distribution of CloudFront names its own."
    )
    source_url = "https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html"

    def findings(self, stack: Stack) -> Iterator[Finding]:
        for link in stack.resources("AWS::WAFv2::WebACLAssociation"):
            acl = link["WebACLArn"].resource("AWS::WAFv2::WebACL")
            scope = acl["Scope"].text() if acl else None
            if scope == "CLOUDFRONT":
                wrong = "a web ACL for CloudFront cannot stand before a regional resource"
                yield Finding(link["WebACLArn"], wrong, scope, "set its Scope to REGIONAL")
