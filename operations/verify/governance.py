"""What we say about keys, boundaries and tags."""

from typing import Final

from operations.verify.claim import ByHand, Claim

CLAIMS: Final = (
    Claim(
        id="key-policy-suffices",
        sentence="The key policy of docs/governance.md is enough for a key in all five places.",
        made_in="docs/governance.md",
        source="https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html",
        costs="a key for a day, some cents",
        how=ByHand(
            (
                "make a key with that policy, name it five times in a stage with alarms and a "
                "model of its own, and deploy",
                "tasks must become ready: they have read the secret and fetched the model; the log "
                "groups must have their lines",
                "aws cloudwatch set-alarm-state for NoReadyTask: an e-mail must come",
            )
        ),
    ),
    Claim(
        id="boundary-suffices",
        sentence="A boundary that allows what docs/governance.md lists lets a stage work.",
        made_in="docs/governance.md",
        source="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
        costs="nothing beyond the stage",
        how=ByHand(
            (
                "make a policy of those actions, name it in governance.permissions_boundary",
                "deploy: tasks must become ready, answer a request, and write their log",
            )
        ),
    ),
    Claim(
        id="image-key-is-for-good",
        sentence="A deploy that changes the key of the repository fails and changes nothing.",
        made_in="infra/stacks/registry.py",
        source="https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecr-repository.html",
        costs="nothing beyond the stage",
        how=ByHand(
            (
                "deploy a stage, set encryption.images_key_arn, and deploy it again without "
                "make preflight",
                "the registry stack must end in UPDATE_ROLLBACK_COMPLETE, with all images there",
            )
        ),
    ),
    Claim(
        id="protected-first-deploy",
        sentence="A first deploy that fails with deletion_protection on leaves its load balancer.",
        made_in="docs/governance.md",
        source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
        costs="a load balancer for an hour, some cents",
        how=ByHand(
            (
                "deploy a new stage with it, and a model.path that no image has",
                "the inference stack must end in ROLLBACK_FAILED, because of the load balancer "
                "alone; aws elbv2 modify-load-balancer-attributes with "
                "deletion_protection.enabled=false lets it be deleted",
            )
        ),
    ),
    Claim(
        id="firewalls-are-told-apart",
        sentence="The metrics of two stages' web ACLs are apart, by the ACL's metric name.",
        made_in="infra/components/firewall.py",
        source="https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html",
        costs="two web ACLs for an hour, some cents",
        how=ByHand(
            (
                "deploy two stages with a firewall into one region, and ask each for something",
                "aws cloudwatch list-metrics --namespace AWS/WAFV2: each metric has a WebACL "
                "dimension of llm-on-ecs-STAGE",
            )
        ),
    ),
)
