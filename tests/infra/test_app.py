"""`app.py` as the CDK CLI runs it, without credentials.

With the CDK's own validation, which takes seconds: the README's `cdk synth` (tests/e2e), and
every template (rules/test_cdk_validation.py).
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.stage_files import stage_names
from tests.infra.assemblies import ROOT, STACKS

NOT_VALIDATED = {"CDK_VALIDATION": "false"}
NAMED_BY_NOBODY = "dev"  # the stage of a command that names none


@dataclass(frozen=True)
class Run:
    """What one run of app.py answered, and where it wrote."""

    result: subprocess.CompletedProcess[str]
    output: Path


def nothing_of_aws() -> dict[str, str]:
    """An environment with Node and no credentials, profile or region."""
    node = Path(os.environ["JSII_NODE"]).parent
    return {
        "PATH": f"{node}:{os.defpath}",
        # For the cache in which jsii unpacks the CDK; what AWS keeps there is hidden.
        "HOME": str(Path.home()),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def run_app(output: Path, context: dict[str, str]) -> Run:
    """Run app.py with context values, as the CLI does."""
    project = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    protocol = {
        "CDK_CONTEXT_JSON": json.dumps({**project, **context}),
        "CDK_OUTDIR": str(output),
    }
    return Run(run(sys.executable, "app.py", **protocol), output)


def run_bare_list(output: Path) -> Run:
    """Run `cdk list` as a newcomer does, who names no stage; it synthesises what it lists."""
    cdk = ROOT / "node_modules" / ".bin" / "cdk"
    return Run(run(str(cdk), "list", "--no-notices", "--output", str(output)), output)


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env=nothing_of_aws() | NOT_VALIDATED | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def run_stage(stage: str, output: Path) -> Run:
    if stage == NAMED_BY_NOBODY:
        return run_bare_list(output)
    return run_app(output, {"stage": stage})


@pytest.fixture(scope="module")
def stage_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """A run for each stage, all at once: each is on one core, most of its time."""
    outputs = {stage: tmp_path_factory.mktemp(stage) for stage in stage_names()}
    with ThreadPoolExecutor() as pool:
        runs = pool.map(run_stage, outputs, outputs.values())
        return dict(zip(outputs, runs, strict=True))


@pytest.fixture(params=stage_names())
def stage_run(request: pytest.FixtureRequest, stage_runs: dict[str, Run]) -> Run:
    """The run of each stage."""
    return stage_runs[request.param]


def test_every_stage_synthesises(stage_run: Run) -> None:
    assert stage_run.result.returncode == 0, stage_run.result.stderr
    assert all((stage_run.output / f"{stack}.template.json").exists() for stack in STACKS)


def test_the_order_of_image_and_repository_survives_the_end_of_the_app(stage_run: Run) -> None:
    manifest = json.loads((stage_run.output / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["artifacts"]["Inference.assets"]["dependencies"] == ["Registry"]


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"stage": "prdo"}, "-c stage: got 'prdo'; choose one of dev, local, prod, "),
        ({"stage": "dev", "image": "?"}, "-c image: got '?'; write it like "),
    ],
)
def test_a_mistake_is_answered_with_one_clear_line_and_a_failure(
    tmp_path: Path, context: dict[str, str], message: str
) -> None:
    run = run_app(tmp_path, context)
    assert run.result.returncode == 1
    assert run.result.stderr.startswith(message)
    assert len(run.result.stderr.splitlines()) == 1
    assert not (tmp_path / "manifest.json").exists()


def test_a_bare_cdk_list_names_the_stacks_of_dev(stage_runs: dict[str, Run]) -> None:
    listed = stage_runs[NAMED_BY_NOBODY].result
    assert listed.returncode == 0, listed.stderr
    assert listed.stdout.split() == [
        *("Registry", "(llm-on-ecs-dev-registry)"),
        *("Network", "(llm-on-ecs-dev-network)"),
        *("Inference", "(llm-on-ecs-dev-inference)"),
    ]
