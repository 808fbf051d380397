"""A stage file loads, or is refused in sentences that name file, key, value and remedy."""

from pathlib import Path

import pytest

from infra.stage_files import STAGES, SettingsError, load_stage, stage_names
from tests.infra.stages import CERTIFICATE


@pytest.fixture
def stages(tmp_path: Path) -> Path:
    """A folder for stage files of the test's own."""
    return tmp_path


def refusal(stages: Path, content: str, overrides: dict[str, str | None] | None = None) -> str:
    (stages / "own.toml").write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        load_stage("own", overrides, directory=stages)
    return str(error.value)


@pytest.mark.parametrize("name", stage_names())
def test_every_stage_file_loads_and_is_named_after_its_file(name: str) -> None:
    assert load_stage(name).name == name


def test_the_three_stages_of_the_design_exist() -> None:
    assert {"local", "dev", "prod"} <= set(stage_names())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("task.cpu = '1024'", "task.cpu: got '1024'; write a whole number, without quotes"),
        ("endpoint.public = 1", "endpoint.public: got 1; write true or false, without quotes"),
        ("model.name = 5", "model.name: got 5; write a text in quotes"),
        ("model.name = ''", "model.name: got ''; write at least 1 character"),
        ("engine.slots = 0", "engine.slots: got 0; choose at least 1"),
        ("engine.slots = 65", "engine.slots: got 65; choose at most 64"),
        ("engine.slots = true", "engine.slots: got true; write a whole number, without quotes"),
        ("task = 5", "task: got 5; write a section of its own, like [task]"),
        (
            "auth.rest = 'of'",
            "auth.rest: got 'of'; choose 'keys', 'jwt' or 'off'",
        ),
        (
            "endpoint.allowed_networks = '10.0.0.0/8'",
            "endpoint.allowed_networks: got '10.0.0.0/8'; write a list, like [\"10.0.0.0/16\"]",
        ),
        (
            "existing_vpc.private_subnet_ids = ['subnet-1']",
            "existing_vpc.private_subnet_ids.0: got 'subnet-1'; "
            "write it like subnet-0123456789abcdef0",
        ),
        (
            "endpoint.allowed_networks = ['10.0.0.1/8']",
            "endpoint.allowed_networks.0: got '10.0.0.1/8', which is no IPv4 network "
            "(10.0.0.1/8 has host bits set); write it like 10.0.0.0/16",
        ),
        (
            "endpoint.certificate_arn = 'x'",
            "endpoint.certificate_arn: got 'x'; write it like arn:aws:acm:eu-west-1:",
        ),
        (
            "model.path = 'model.bin'",
            "model.path: got 'model.bin'; write it like bundled or /models/model.gguf",
        ),
        (
            "browser.cors_origins = ['app.example.com']",
            "browser.cors_origins.0: got 'app.example.com'; write it like https://app.example.com",
        ),
        ("monitoring.traces_ratio = 'all'", "monitoring.traces_ratio: got 'all'; write a number"),
        ("alarms.error_percent = 0", "alarms.error_percent: got 0; choose more than 0"),
        ("alarms.first_token_seconds = inf", "alarms.first_token_seconds: got inf; write a finite"),
        ("task.cpu = 2026-11-27", "task.cpu: got 2026-11-27; write a whole number"),
        (
            r'model.name = "a\u0008b"',
            r"model.name: got 'a\x08b', which has a sign that cannot be seen; write it without",
        ),
        (
            "[schedules]\nnight = {}",
            "schedules.night.cron: got none; write it",
        ),
        (
            '[governance.tags]\n"cost: centre" = ""',
            "governance.tags.\"cost: centre\": got '', which is no value of a tag",
        ),
        (
            "logs.retention_days = 2",
            "logs.retention_days: got 2; choose 1, 7, 30, 90 or 365",
        ),
        ("logs.retention_days = true", "logs.retention_days: got true; write a whole number"),
        ("logs.retention_days = 30.0", "logs.retention_days: got 30.0; write a whole number"),
        (
            "limits.longest_generation_seconds = 3531",
            "limits.longest_generation_seconds: got 3531; choose at most 3530",
        ),
    ],
)
def test_a_value_of_the_wrong_type_or_range_is_refused_with_its_remedy(
    stages: Path, content: str, expected: str
) -> None:
    assert refusal(stages, content).startswith(f"own.toml: {expected}")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "task.memry_mib = 4096",
            "task.memry_mib: got 4096, but there is no such setting; did you mean 'memory_mib'?",
        ),
        (
            "retain = true",
            "retain: got true, but there is no such setting; did you mean 'retain_data'?",
        ),
        (
            "[tusk]\ncpu = 1",
            "tusk: got a section, but there is no such setting; did you mean 'task'?",
        ),
        (
            "logs.zebra = 1",
            "logs.zebra: got 1, but there is no such setting; "
            "choose one of client_addresses, level, prompts, retention_days",
        ),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(
    stages: Path, content: str, expected: str
) -> None:
    assert refusal(stages, content) == f"own.toml: {expected}"


def test_all_problems_are_told_at_once(stages: Path) -> None:
    lines = refusal(stages, "task.cpu = '1'\nengine.slots = 0\nlogs.level = 'LOUD'").splitlines()
    assert [line.split(": ")[1] for line in lines] == ["task.cpu", "engine.slots", "logs.level"]


def test_all_broken_rules_are_told_at_once(stages: Path) -> None:
    lines = refusal(stages, "scaling.min_tasks = 11\nnetwork.nat_gateways = 3").splitlines()
    assert [line.split(": ")[1] for line in lines] == ["network.nat_gateways", "scaling.min_tasks"]


def test_a_file_that_is_no_toml_is_refused_with_the_place(stages: Path) -> None:
    assert refusal(stages, "a = 1\nb = = 2").startswith("own.toml: is not TOML: ")
    assert "line 2" in refusal(stages, "a = 1\nb = = 2")


def test_a_stage_cannot_be_renamed_in_its_file(stages: Path) -> None:
    assert refusal(stages, "name = 'prod'") == (
        "own.toml: name: got 'prod'; remove it, a stage is named after its file"
    )


# A repository ends in no hyphen, and has no two in a row.
@pytest.mark.parametrize("name", ["My_Stage", "dev-", "dev--2", "2nd"])
def test_a_stage_name_that_stacks_cannot_have_is_refused(stages: Path, name: str) -> None:
    (stages / f"{name}.toml").touch()
    with pytest.raises(SettingsError) as error:
        load_stage(name, directory=stages)
    assert str(error.value) == f"{name}.toml: name: got '{name}'; write it like dev"


def test_a_stage_name_that_is_too_long_is_refused(stages: Path) -> None:
    (stages / f"{'a' * 21}.toml").touch()
    with pytest.raises(SettingsError, match="write at most 20 characters"):
        load_stage("a" * 21, directory=stages)


@pytest.mark.parametrize(("name", "given"), [("prdo", "got 'prdo'"), (None, "got none")])
def test_an_unknown_stage_is_answered_with_those_that_exist(name: str | None, given: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_stage(name)
    assert str(error.value) == (
        f"-c stage: {given}; choose one of dev, local, prod, or add a file to {STAGES}"
    )


def test_overrides_replace_what_the_file_says(stages: Path) -> None:
    (stages / "own.toml").write_text(f"endpoint.certificate_arn = '{CERTIFICATE}'")
    settings = load_stage(
        "own", {"certificate_arn": f"{CERTIFICATE}2", "image": "a/b:1"}, directory=stages
    )
    assert settings.endpoint.certificate_arn == f"{CERTIFICATE}2"
    assert settings.task.image == "a/b:1"


def test_an_override_that_is_not_given_leaves_the_file_alone(stages: Path) -> None:
    (stages / "own.toml").write_text("task.base_image = 'python:3.11'")
    settings = load_stage("own", {"image": None, "base_image": None}, directory=stages)
    assert settings.task.base_image == "python:3.11"


@pytest.mark.parametrize(
    ("key", "value"), [("image", "Not An Image"), ("base_image", ""), ("certificate_arn", "x")]
)
def test_an_override_is_validated_and_named_as_the_option_it_is(
    stages: Path, key: str, value: str
) -> None:
    message = refusal(stages, "", {key: value})
    assert message.startswith(f"-c {key}: got '{value}'; write it like ")


def test_a_rule_that_an_override_breaks_names_the_option(stages: Path) -> None:
    message = refusal(stages, "task.image = 'a/b:1'", {"base_image": "c/d:1"})
    assert message == (
        "-c base_image: got 'c/d:1', but task.image is 'a/b:1' and nothing is built; "
        "remove one of them"
    )


def test_an_override_into_what_is_no_section_is_refused(stages: Path) -> None:
    assert refusal(stages, "task = 5", {"image": "a/b:1"}) == (
        "own.toml: task: got 5; write a section of its own, like [task]"
    )
