"""AWS's rule groups as the firewall uses them: whatever looks at a body counts and never blocks.

A prompt may hold code, HTML, SQL, paths, addresses and exploits, and be 100 KB long. Inspection
ends at 8 KB for a load balancer and at 16 KB for an API; all of these rules have the oversize
handling CONTINUE: the rest of a longer body passes unread. gRPC bodies are not inspected at all.

https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-setting-body-inspection-limit.html
"""

from typing import Final

# A name that the group does not have is ignored by AWS WAF: the tests hold them to the groups.
COUNTED: Final[dict[str, tuple[str, ...]]] = {
    "AWSManagedRulesAmazonIpReputationList": (),
    "AWSManagedRulesCommonRuleSet": (
        "SizeRestrictions_BODY",
        "EC2MetaDataSSRF_BODY",
        "GenericLFI_BODY",
        "GenericRFI_BODY",
        "CrossSiteScripting_BODY",
    ),
    "AWSManagedRulesKnownBadInputsRuleSet": (
        "JavaDeserializationRCE_BODY",
        "Log4JRCE_BODY",
        "ReactJSRCE_BODY",
    ),
}
