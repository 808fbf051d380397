"""The stages as the CDK writes them, each synthesised once in a session, by whichever test asks."""

import json
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from aws_cdk import App
from aws_cdk.assertions import Template

from infra.build import build, synthesise
from infra.settings import StageSettings
from infra.stage_files import load_stage
from tests.infra.session_folder import one_at_a_time

ROOT: Final = Path(__file__).parents[2]
CERTIFICATE: Final = "arn:aws:acm:us-east-1:123456789012:certificate/sandbox"
IMAGE: Final = "llm-on-ecs:local"
BOUNDARY: Final = "arn:aws:iam::123456789012:policy/company/boundary"
REPOSITORY: Final = "my-org@123456/my-repository@456789"
# In the model bucket; so large that the task's disk has to grow.
OWN_MODEL: Final[dict[str, Any]] = {
    "bucket": True,
    "path": "s3:own-q8_0-0123456789ab.gguf",
    "sha256": "01" * 32,
    "weights_mib": 20_000,
    "kv_bytes_per_token": 23_040,
}

EXISTING_VPC: Final[dict[str, Any]] = {
    "id": "vpc-0123456789abcdef0",
    "private_subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
}

STACKS: Final = ("Registry", "Network", "Inference")
COMPONENTS: Final = "components.json"
"""What a variant's folder has beside the assembly: the class of each component, by its path."""


@dataclass(frozen=True)
class Variant:
    """A stage, what the command line overrides, and what a person changed in its file.

    `name` is that of the file to which a person copied it.
    """

    stage: str
    overrides: dict[str, str | None] = field(default_factory=dict)
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    name: str | None = None
    top: dict[str, Any] = field(default_factory=dict)
    """What stands outside of all sections."""

    def settings(self) -> StageSettings:
        """The stage with the changes: section by section, key by key."""
        values = load_stage(self.stage, self.overrides).model_dump() | self.top
        for section, change in self.changes.items():
            values[section] |= change
        if self.name:
            values["name"] = self.name
        return StageSettings.model_validate(values)


# `dev` and `prod` build an image.
VARIANTS: Final[dict[str, Variant]] = {
    "local": Variant("local", {"image": IMAGE}),
    "local-https": Variant("local", {"image": IMAGE, "certificate_arn": CERTIFICATE}),
    "dev": Variant("dev"),
    "dev-base": Variant(
        "dev", {"base_image": "offline-base:1"}, {"engine": {"cpu_variants": True}}
    ),
    "prod": Variant("prod"),
    "dev-function": Variant(
        "dev",
        changes={
            "function": {"enabled": True, "reserved_concurrency": 5},
            "governance": {"permissions_boundary": BOUNDARY},
        },
    ),
    "delivery": Variant("dev", changes={"delivery": {"repository": REPOSITORY}}),
    # Each of these has what no stage has switched on.
    "guarded-api": Variant(
        "dev",
        {"image": IMAGE},
        {
            "load_balancer": {
                "access_logs": True,
                "algorithm": "weighted-random",
                "desync_mitigation": "strictest",
            },
            "scaling": {"min_tasks": 3},
            "rollout": {"strategy": "canary"},
            "api_gateway": {"access_log": True, "require_api_key": True},
            "firewall": {"enabled": True},
        },
    ),
    "hosted-zone": Variant(
        "local",
        {"image": IMAGE},
        {
            "domain": {
                "name": "llm.example.com",
                "hosted_zone_id": "Z0123456789ABCDEFGHIJ",
                "hosted_zone_name": "example.com",
            },
            "endpoint": {"grpc": False},
            "rollout": {"strategy": "blue-green"},
            "load_balancer": {"access_logs": True, "connection_logs": True},
            "firewall": {"enabled": True, "requests_per_5_minutes": 500},
        },
    ),
    "local-own-model": Variant(
        "local", {"image": IMAGE}, changes={"model": OWN_MODEL | {"weights_mib": 139}}
    ),
    "own-model": Variant(
        "dev", changes={"model": OWN_MODEL, "task": {"cpu": 8192, "memory_mib": 24_576}}
    ),
    "no-nat": Variant("dev", changes={"network": {"nat_gateways": 0}}),
    "existing-vpc": Variant(
        "dev", changes={"existing_vpc": EXISTING_VPC | {"cidr": "10.9.0.0/16"}}
    ),
    # With all that may be added to it, and nothing asked for that is on the internet.
    "existing-vpc-closed": Variant(
        "prod",
        changes={
            "network": {"zones": 2, "nat_gateways": 1},
            "auth": {"rest": "jwt", "grpc": "jwt"},
            "jwt": {
                "issuer": "https://id.example.internal",
                "audience": "llm",
                "jwks_url": "https://id.example.internal/keys",
            },
            "model": OWN_MODEL,
            "task": {"cpu": 8192, "memory_mib": 24_576},
            "existing_vpc": EXISTING_VPC
            | {
                "public_subnet_ids": ["subnet-0123456789abcde10", "subnet-0123456789abcde11"],
                "egress": "endpoints-made",
                "route_table_ids": ["rtb-0123456789abcdef0"],
                "flow_logs": True,
            },
        },
    ),
    # Graviton, Spot above one task on demand, a larger disk, and the function.
    "thrifty": Variant(
        "dev",
        changes={
            "task": {"architecture": "arm64", "disk_gib": 30},
            "engine": {"batch_tokens": 128},
            "capacity": {"spot_weight": 3, "on_demand_base": 1},
            "function": {"enabled": True},
        },
    ),
    "watched": Variant(
        "local",
        {"image": IMAGE, "certificate_arn": CERTIFICATE},
        {
            "alarms": {
                "emails": ("ann@example.org",),
                "webhooks": ("https://example.org/alarms",),
            },
            "monitoring": {"dashboard": True, "monthly_budget_usd": 200},
        },
    ),
}

KEY: Final = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-00000000000"
# What a company asks of every stage, and what scaling can do, on the stage that has all stacks.
VARIANTS["governed"] = Variant(
    "dev",
    top={"deletion_protection": True},
    changes={
        "governance": {"tags": {"cost-centre": "4711"}, "permissions_boundary": "boundary"},
        "encryption": {
            "secret_key_arn": f"{KEY}1",
            "logs_key_arn": f"{KEY}2",
            "images_key_arn": f"{KEY}3",
            "models_key_arn": f"{KEY}4",
            "topic_key_arn": f"{KEY}5",
        },
        "scaling": {"cpu_percent": 60, "requests_per_minute": 30, "start_seconds": 90},
        "schedules": {
            "working-hours": {"cron": "0 8 ? * MON-FRI *", "time_zone": "Europe/Berlin"}
            | {"min_tasks": 4, "max_tasks": 20},
            "evening": {"cron": "0 19 ? * MON-FRI *", "time_zone": "Europe/Berlin"},
        },
        "delivery": {"repository": REPOSITORY},
        "model": OWN_MODEL | {"weights_mib": 139},
        "api_gateway": {"access_log": True},
        "firewall": {"enabled": True},
        "alarms": {"emails": ("ann@example.org",)},
        "monitoring": {"dashboard": True, "monthly_budget_usd": 200},
    },
)


@dataclass(frozen=True)
class Assembly:
    """One synthesised stage."""

    directory: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What the CLI reads first: artifacts, their order and their messages."""
        return self._read("manifest.json")

    @cached_property
    def templates(self) -> dict[str, dict[str, Any]]:
        """The templates by construct id of their stack."""
        suffix = ".template.json"
        return {
            file.name.removesuffix(suffix): self._read(file.name)
            for file in sorted(self.directory.glob(f"*{suffix}"))
        }

    @cached_property
    def registry(self) -> Template:
        """The registry stack's template, for assertions."""
        return Template.from_json(self.templates["Registry"])

    @cached_property
    def network(self) -> Template:
        """The network stack's template, for assertions."""
        return Template.from_json(self.templates["Network"])

    @cached_property
    def inference(self) -> Template:
        """The inference stack's template, for assertions."""
        return Template.from_json(self.templates["Inference"])

    @cached_property
    def function(self) -> Template:
        """The function stack's template, for assertions."""
        return Template.from_json(self.templates["Function"])

    def resources(self, resource_type: str, *, stack: str = "Inference") -> dict[str, Any]:
        """Logical id and body of every resource of one type."""
        return {
            logical_id: body
            for logical_id, body in self.templates[stack]["Resources"].items()
            if body["Type"] == resource_type
        }

    def only(self, resource_type: str, *, stack: str = "Inference") -> Any:
        """The properties of the one resource of this type."""
        (body,) = self.resources(resource_type, stack=stack).values()
        return body["Properties"]

    def images(self, *, stack: str = "Inference") -> dict[str, Any]:
        """The container images that the CLI is to build and push for a stack."""
        images: dict[str, Any] = self._read(f"{stack}.assets.json")["dockerImages"]
        return images

    def report(self, name: str) -> dict[str, Any]:
        """A further file of the assembly."""
        return self._read(name)

    def _read(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.directory / name).read_text(encoding="utf-8"))
        return content


_read: dict[str, Assembly] = {}


def synthesised(variant: str | Variant) -> Assembly:
    """The assembly of a variant, or of the one with this name in `VARIANTS`; nobody changes it."""
    wanted = VARIANTS[variant] if isinstance(variant, str) else variant
    key = sha256(repr(wanted).encode()).hexdigest()
    if key not in _read:
        with one_at_a_time(f"{wanted.stage}-{key}") as directory:
            if not directory.exists():
                unfinished = Path(tempfile.mkdtemp(dir=directory.parent))
                write_variant(wanted, unfinished)
                unfinished.rename(directory)
        _read[key] = Assembly(directory)
    return _read[key]


def write_variant(variant: Variant, directory: Path) -> None:
    """Synthesise a variant as the CLI would, and note its components."""
    app = App(context=context(), outdir=str(directory))
    synthesise(build(app, variant.settings()))
    (directory / COMPONENTS).write_text(json.dumps(components(app)), encoding="utf-8")


def components(app: App) -> dict[str, str]:
    """Path and class of each construct whose class is in infra/components."""
    return {
        f"/{each.node.path}": type(each).__name__
        for each in app.node.find_all()
        if type(each).__module__.startswith("infra.components")
    }


def context() -> dict[str, Any]:
    """The context of cdk.json, which holds the feature flags."""
    found: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    return found
