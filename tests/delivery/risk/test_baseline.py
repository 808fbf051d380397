"""What is kept of a release: small, readable, written by the verb alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery import assemblies
from delivery.errors import DeliveryError
from delivery.risk import baseline
from delivery.risk.baseline import Origin
from delivery.risk.canonical import PLACEHOLDER, canonical, without_hashes
from delivery.risk.verdict import judge
from infra.stage_files import stage_names
from tests.delivery.templates import repository, resource, task, template
from tests.infra.assemblies import Assembly

ORIGIN = Origin("2026-07-01", "abc1234")
HASH = "0123456789abcdef" * 4
IMAGE = {"Fn::Sub": f"${{AWS::AccountId}}.dkr.ecr.us-east-1.amazonaws.com/images:{HASH}"}


def with_image(image: Any) -> dict[str, Any]:
    container = {"Image": image, "Environment": [{"Name": "SHA256", "Value": HASH}]}
    return template(Task=task(ContainerDefinitions=[container]))


def test_hash_of_an_image_is_left_out_and_that_of_a_setting_is_not() -> None:
    text = str(without_hashes(with_image(IMAGE)))
    assert f"images:{PLACEHOLDER}" in text
    assert text.count(HASH) == 1


def test_metadata_parameters_and_words_are_left_out() -> None:
    made = {
        **template(
            Repo={**repository("a"), "Metadata": {"aws:cdk:path": "x"}},
            CDKMetadata={"Type": "AWS::CDK::Metadata"},
        ),
        "Parameters": {"BootstrapVersion": {}},
        "Outputs": {
            "Url": {"Value": "https://example.org", "Description": "Where it is"},
            "Out": {"Value": "1", "Export": {"Name": "a:Out"}},
        },
    }
    kept = canonical(made)
    assert kept.keys() == {"Resources", "Outputs"}
    assert kept["Resources"] == {"Repo": repository("a")}
    assert kept["Outputs"] == {
        "Url": {"Value": "https://example.org"},
        "Out": {"Value": "1", "Export": {"Name": "a:Out"}},
    }


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    written = {"Registry": template(Repo=repository("a")), "Network": template()}
    file = baseline.write("qa", written, ORIGIN, tmp_path)
    found = baseline.read("qa", tmp_path)
    assert found.stacks == {name: canonical(body) for name, body in written.items()}
    assert found.origin == ORIGIN
    assert "of commit abc1234 (2026-07-01" in found.words
    assert file.read_text(encoding="utf-8").startswith("# What the last release of stage qa")


def test_baseline_of_an_account_names_no_commit(tmp_path: Path) -> None:
    file = baseline.write("qa", {"Network": template()}, baseline.of_account(), tmp_path)
    assert "commit:" not in file.read_text(encoding="utf-8")
    assert baseline.read("qa", tmp_path).words.startswith("its baseline, as it was deployed on 2")


@pytest.mark.parametrize("text", ["stacks: [", "[]", "date: 2026-07-01", "date: x\nstacks: 1"])
def test_baseline_that_cannot_be_read_is_named_with_a_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / "qa.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DeliveryError, match=r"qa\.yaml: got .*; write it with make baseline"):
        baseline.read("qa", tmp_path)


@pytest.mark.parametrize("text", ["[qa", '[qa]\nRepo = ["x"]', 'qa = "x"'])
def test_accepted_losses_that_cannot_be_read_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / baseline.ACCEPTED).write_text(text, encoding="utf-8")
    with pytest.raises(DeliveryError, match=r"accepted\.toml: "):
        baseline.accepted("qa", tmp_path)


def test_stage_without_a_baseline_is_told_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(
        DeliveryError, match=r"got no baseline of stage qa; .*make baseline STAGE=qa"
    ):
        baseline.read("qa", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_new_baseline_forgets_what_was_accepted_for_its_stage_alone(tmp_path: Path) -> None:
    accepted = tmp_path / baseline.ACCEPTED
    accepted.write_text(
        '# Why.\n[dev] # a remark\nRepo = "moved"\n\n[prod]\nLog = "old"\n', encoding="utf-8"
    )
    assert baseline.accepted("dev", tmp_path) == {"Repo": "moved"}
    baseline.write("dev", {}, ORIGIN, tmp_path)
    assert baseline.accepted("dev", tmp_path) == {}
    assert baseline.accepted("prod", tmp_path) == {"Log": "old"}


@pytest.mark.parametrize("stage", stage_names())
def test_every_stage_has_a_baseline_that_a_person_can_read(stage: str) -> None:
    assert baseline.read(stage).stacks.keys() >= {"Registry", "Inference"}
    text = (baseline.FOLDER / f"{stage}.yaml").read_text(encoding="utf-8")
    assert len(text) < 100_000
    assert "aws:cdk:path" not in text
    assert yaml.safe_load(text)["commit"]


def test_release_that_changed_nothing_but_its_image_is_no_change(
    synthesised: Callable[[str], Assembly], tmp_path: Path
) -> None:
    released = assemblies.Assembly(synthesised("prod").directory)
    baseline.write("prod", released.templates, ORIGIN, tmp_path)
    kept = baseline.read("prod", tmp_path).stacks
    now = assemblies.Assembly(synthesised("prod").directory)
    verdict = judge("prod", kept, now, base="", accepted={}, images_count=False)
    assert verdict.risks == ()


def test_baseline_shows_a_change_of_a_property(tmp_path: Path) -> None:
    baseline.write("qa", {"Stack": template(Topic=resource("SNS::Topic"))}, ORIGIN, tmp_path)
    (stack,) = baseline.read("qa", tmp_path).stacks.values()
    assert stack["Resources"]["Topic"]["Type"] == "AWS::SNS::Topic"
