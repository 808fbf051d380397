"""Templates in a few words, for comparisons."""

from typing import Any

Template = dict[str, Any]


def template(**resources: dict[str, Any]) -> Template:
    return {"Resources": resources}


def resource(kind: str, **attributes: Any) -> dict[str, Any]:
    """`kind` is written without AWS::, the attributes as in a template."""
    return {"Type": f"AWS::{kind}", **attributes}


def task(cpu: str = "1024", **properties: Any) -> dict[str, Any]:
    return resource("ECS::TaskDefinition", Properties={"Cpu": cpu, **properties})


def repository(name: str, *, keep: str = "Retain") -> dict[str, Any]:
    return resource(
        "ECR::Repository",
        Properties={"RepositoryName": name},
        DeletionPolicy=keep,
        UpdateReplacePolicy=keep,
    )
