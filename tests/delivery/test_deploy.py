"""What a pipeline deploys, and where it then finds the endpoint."""

import json
from pathlib import Path

import pytest

from delivery import deploy
from delivery.errors import DeliveryError


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a deploy of stage dev leaves."""
    monkeypatch.setattr(deploy, "OUT", tmp_path)
    file = tmp_path / "outputs" / "dev.json"
    file.parent.mkdir()
    return file


def test_nobody_is_asked_and_events_are_shown() -> None:
    words = " ".join(deploy.command("dev", Path("out"), ["Registry", "Network"]))
    assert "deploy Registry Network --app out" in words
    assert "--require-approval never --progress events" in words


def test_stack_that_lets_the_pipeline_in_is_not_the_pipelines_to_deploy() -> None:
    assert deploy.pipeline_stacks(["Delivery", "Inference"]) == ["Inference"]


def test_unknown_stage_is_refused_before_anything_runs() -> None:
    with pytest.raises(DeliveryError, match=r"STAGE: got 'nowhere'; choose one of dev, "):
        deploy.deploy("nowhere")


def test_address_comes_from_the_outputs(outputs: Path) -> None:
    stacks = {"llm-on-ecs-dev-inference": {"Url": "http://a", "ServiceName": "b"}, "other": {}}
    outputs.write_text(json.dumps(stacks))
    assert deploy.deployed_url("dev") == "http://a"


def test_address_that_is_not_told_is_asked_for(outputs: Path) -> None:
    outputs.write_text("{}")
    with pytest.raises(DeliveryError, match="pass URL="):
        deploy.deployed_url("dev")


def test_stage_that_was_not_deployed_here_is_asked_for(outputs: Path) -> None:
    assert not outputs.exists()
    with pytest.raises(DeliveryError, match="pass URL="):
        deploy.deployed_url("dev")
