"""What `cdk bootstrap` has made in an account before any stack of ours."""

from aws_cdk import DefaultStackSynthesizer, Fn, Stack


def qualifier(stack: Stack) -> str:
    """What all names of the bootstrap have in them that a stack is deployed with."""
    return stack.synthesizer.bootstrap_qualifier or DefaultStackSynthesizer.DEFAULT_QUALIFIER


def role_arn(stack: Stack, role: str) -> str:
    """The ARN of one of its roles, by the synthesizer's pattern of it."""
    return Fn.sub(role.replace("${Qualifier}", qualifier(stack)))
