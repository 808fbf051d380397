"""Both pipelines are thin: the same verbs of the Makefile, in jobs that may do no more than needed.

actionlint, in `make check`, reads the workflows' grammar; nothing here can run a Jenkins.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from delivery.assemblies import OUT, ROOT
from delivery.deploying.runs import Run
from infra.stage_files import load_stage
from infra.timeouts import BESIDE_DEPLOY_SECONDS, DEPLOY_HOURS

WORKFLOWS = {
    file.name: yaml.safe_load(file.read_text(encoding="utf-8"))
    for file in sorted((ROOT / ".github/workflows").glob("*.yml"))
}
OURS = ("verify.yml", "pull-request.yml", "deploy.yml")
JOBS = [
    pytest.param(job, id=f"{workflow}:{name}")
    for workflow, content in WORKFLOWS.items()
    for name, job in content["jobs"].items()
]
# What a workflow does itself: GitHub's file for a job's summary has no meaning elsewhere.
NOT_A_VERB = {'cat cdk.out/comment.md >> "$GITHUB_STEP_SUMMARY"'}
# Verbs that need what only GitHub gives: its token, and a role for pull requests.
GITHUB_ONLY = {"post", "diff"}
MAKE = re.compile(r"make ([\w-]+)(?:.*STAGE=(\w+))?")


def steps(*workflows: str) -> Iterator[dict[str, Any]]:
    for workflow in workflows or WORKFLOWS:
        for job in WORKFLOWS[workflow]["jobs"].values():
            yield from job.get("steps", ())


def verbs(lines: list[str]) -> list[tuple[str, str]]:
    """The verbs called, each with its stage."""
    calls = [match for line in lines for match in MAKE.findall(line)]
    return [(verb, stage) for verb, stage in calls if verb not in GITHUB_ONLY]


def jenkins() -> str:
    """The Jenkinsfile without its comments."""
    lines = (ROOT / "Jenkinsfile").read_text(encoding="utf-8").splitlines()
    return "\n".join(line.partition("//")[0] for line in lines)


def test_workflows_run_nothing_but_verbs() -> None:
    lines = {step["run"].removeprefix("exec ") for step in steps(*OURS) if "run" in step}
    assert {line for line in lines if not line.startswith("make ")} == NOT_A_VERB


def test_jenkins_runs_nothing_but_verbs() -> None:
    shells = re.findall(r"\bsh\b.*", jenkins())
    assert shells
    assert all(re.match(r"sh 'make \w+", shell) for shell in shells)


def test_both_pipelines_call_the_same_verbs_in_the_same_order() -> None:
    github = [step["run"] for step in steps(*OURS) if "run" in step]
    assert verbs(github) == verbs(jenkins().splitlines())


def test_every_verb_that_is_called_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([\w-]+):.*## ", makefile, re.MULTILINE))
    called = [step["run"] for step in steps() if "run" in step] + jenkins().splitlines()
    assert {verb for line in called for verb, _ in MAKE.findall(line)} <= known


def test_every_action_is_pinned_by_its_commit() -> None:
    used = [step["uses"] for step in steps() if "uses" in step]
    assert used
    assert [use for use in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", use)] == []


@pytest.mark.parametrize("job", JOBS)
def test_every_job_ends_in_time_and_says_what_it_may_do(job: dict[str, Any]) -> None:
    assert "timeout-minutes" in job or "uses" in job
    assert "permissions" in job


def test_no_workflow_gives_its_jobs_more_than_they_ask_for() -> None:
    assert [content.get("permissions") for content in WORKFLOWS.values()] == [{}] * len(WORKFLOWS)


def test_no_checkout_leaves_a_token_behind() -> None:
    checkouts = [step for step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_pull_requests_never_run_with_the_target_branchs_rights() -> None:
    # YAML reads the key `on` as true.
    assert not any("pull_request_target" in content[True] for content in WORKFLOWS.values())


def test_job_that_writes_comments_runs_the_target_branch_and_not_on_forks() -> None:
    jobs = WORKFLOWS["pull-request.yml"]["jobs"]
    writing = [name for name, job in jobs.items() if "write" in job["permissions"].values()]
    assert writing == ["comment", "deployed"]
    checkout = jobs["comment"]["steps"][0]
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    for name in writing:
        assert "head.repo.full_name == github.repository" in jobs[name]["if"]


def test_deploys_wait_for_the_checks_and_prod_for_dev() -> None:
    jobs = WORKFLOWS["deploy.yml"]["jobs"]
    assert jobs["dev"]["needs"] == "verify"
    assert jobs["prod"]["needs"] == "dev"
    assert [jobs[stage]["environment"] for stage in ("dev", "prod")] == ["dev", "prod"]


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_job_outlasts_the_deploy_that_it_waits_for(stage: str) -> None:
    """Else nobody hears what was overdue, and the smoke test has no time."""
    needed = load_stage(stage).patience.whole_seconds + BESIDE_DEPLOY_SECONDS
    assert WORKFLOWS["deploy.yml"]["jobs"][stage]["timeout-minutes"] * 60 >= needed
    _, _, part = jenkins().partition(f"stage('Deploy {stage}')")
    (minutes, *_) = re.findall(r"timeout\(time: (\d+), unit: 'MINUTES'\)", part)
    assert int(minutes) * 60 >= needed


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_credentials_last_as_long_as_the_job_and_the_role_lets_them(stage: str) -> None:
    job = WORKFLOWS["deploy.yml"]["jobs"][stage]
    (seconds,) = [
        step["with"]["role-duration-seconds"]
        for step in job["steps"]
        if step.get("uses", "").startswith("aws-actions/configure-aws-credentials@")
    ]
    assert seconds == job["timeout-minutes"] * 60 == DEPLOY_HOURS * 3600


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_pipelines_keep_what_a_deploy_tells_people_to_read(stage: str) -> None:
    job = WORKFLOWS["deploy.yml"]["jobs"][stage]
    (kept,) = [step for step in job["steps"] if "upload-artifact" in step.get("uses", "")]
    assert (kept["if"], kept["with"]["path"]) == ("always()", "cdk.out/logs")
    _, _, part = jenkins().partition(f"stage('Deploy {stage}')")
    after = part.partition("post {")[2]
    assert after.split()[:2] == ["always", "{"]
    assert "archiveArtifacts artifacts: 'cdk.out/logs/*'" in after.partition("stage(")[0]
    before_deploy = part.partition("make deploy")[0]  # a workspace has those of earlier builds
    assert "dir('cdk.out/logs') {\n                    deleteDir()" in before_deploy
    assert Run("deploy-dev", OUT).log.parent == OUT / "logs"


def test_signal_that_ends_a_job_reaches_the_verb() -> None:
    """GitHub tells the step's first process alone, and a shell tells nobody."""
    lines = [step["run"] for step in steps("deploy.yml") if "run" in step]
    assert [line for line in lines if "make deploy" in line] == [
        "exec make deploy STAGE=dev",
        "exec make deploy STAGE=prod",
    ]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for verb in ("deploy", "rollback"):
        assert re.search(rf"^\t@exec env .*\$\(DELIVERY\) {verb} ", makefile, re.MULTILINE)


def test_jenkins_asks_a_person_before_prod_and_holds_no_machine_meanwhile() -> None:
    before, _, prod = jenkins().partition("stage('Deploy prod')")
    assert prod.index("input {") < prod.index("agent any") < prod.index("make deploy STAGE=prod")
    assert "agent none" in before
    assert "beforeInput true" in prod


def test_no_pipeline_knows_a_key_to_the_account() -> None:
    texts = [file.read_text() for file in (ROOT / ".github/workflows").glob("*.yml")]
    secrets = set(re.findall(r"secrets\.\w+|secrets: \w+", "\n".join(texts)))
    assert secrets == {"secrets.LLM_API_KEY", "secrets.LLM_GATEWAY_API_KEY"}
    assert "ACCESS_KEY" not in jenkins()
