"""The sandbox covers what the stages' templates have: what they say is what AWS's APIs answer."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from sandbox import assembly
from sandbox.cloudformation.ignored import IGNORED
from sandbox.state import REGION
from tests.infra.assemblies import VARIANTS, Assembly
from tests.moto.reading import READERS
from tests.moto.reading.coverage import Coverage
from tests.moto.reading.resource import TAGS, deployed
from tests.properties.account import furnish, rename

LISTED_AT_MOST = 8


@pytest.fixture(scope="module")
def coverage(synthesised: Callable[[str], Path]) -> Coverage:
    return Coverage.of(synthesised)


def test_each_type_is_read_back_or_listed_with_a_reason(coverage: Coverage) -> None:
    assert coverage.types - set(READERS) - set(IGNORED) == set(), "neither deployed nor listed"


def test_no_type_is_both_read_back_and_listed() -> None:
    assert set(READERS) & set(IGNORED) == set()


def test_each_type_that_can_be_read_back_is_in_a_template(coverage: Coverage) -> None:
    assert set(READERS) - coverage.types == set()


def test_list_of_what_is_left_out_is_short_and_has_reasons() -> None:
    assert len(IGNORED) <= LISTED_AT_MOST
    assert all(len(reason) > 30 for reason in IGNORED.values())


@pytest.mark.timeout(600)
def test_what_the_templates_say_is_what_the_apis_answer(
    coverage: Coverage, synthesised: Callable[[str], Path], tmp_path: Path
) -> None:
    differences: set[str] = set()
    for name in coverage.telling():
        differences |= differences_of(name, synthesised(name), tmp_path / name)
    assert differences == set()


def differences_of(variant: str, directory: Path, copy: Path) -> set[str]:
    """Deploy a copy of the variant's assembly into an account that has what it names."""
    shutil.copytree(directory, copy)
    with mock_aws():
        rename(copy, furnish(VARIANTS[variant].settings()))
        assembly.deploy_assembly(copy, region=REGION)
        found = [*differences(), *undeployed(copy)]
        return {f"{variant}: {difference}" for difference in found}


def undeployed(directory: Path) -> Iterator[str]:
    """What the templates have and the account has not, so that nobody has read it."""
    there = {(resource.type, resource.name) for resource in deployed()}
    for template in Assembly(directory).templates.values():
        for name, body in template["Resources"].items():
            if body["Type"] not in IGNORED and (body["Type"], name) not in there:
                yield f"{body['Type']} {name}: not deployed"


def differences() -> Iterator[str]:
    """Of all that is deployed, between what its template says and what is read."""
    for resource in deployed():
        if resource.type in READERS:
            yield from READERS[resource.type].differences(resource)


@pytest.mark.timeout(600)
def test_changed_tags_are_those_of_every_resource_that_has_any(
    coverage: Coverage, synthesised: Callable[[str], Path], tmp_path: Path
) -> None:
    left: set[str] = set()
    for name in coverage.telling(of=lambda path: len(path) == 2 and path[1] in TAGS):
        shutil.copytree(synthesised(name), tmp_path / name)
        with mock_aws():
            rename(tmp_path / name, furnish(VARIANTS[name].settings()))
            assembly.deploy_assembly(tmp_path / name, region=REGION)
            change_tags(tmp_path / name)
            assembly.deploy_assembly(tmp_path / name, region=REGION)
            left |= {f"{name}: {difference}" for difference in differences()}
    assert left == set()


def change_tags(directory: Path) -> None:
    """One tag goes, one comes, and the others have other values."""
    for file in directory.glob("*.template.json"):
        template = json.loads(file.read_text())
        for body in template["Resources"].values():
            properties = body.get("Properties", {})
            for name in set(TAGS) & set(properties):
                properties[name] = other_tags(properties[name])
        file.write_text(json.dumps(template))


def other_tags(tags: Any) -> Any:
    if isinstance(tags, dict):
        kept = {key: "other" for key in tags if key != "project"}
        return {**kept, "added": "yes"}
    names = [tag["Key"] for tag in tags if tag["Key"] != "project"]
    return [{"Key": key, "Value": "other"} for key in sorted([*names, "added"])]
