"""What CloudFormation, cfn-lint and the CDK accept, and ECS or the load balancer then break on.

Rules for cfn-lint, for any template: `cfn-lint --append-rules infra/rules -- template.yaml`.
They know nothing of this project's settings, and need cfn-lint alone.
"""
