import pytest

from service.settings import Auth, ServiceSettings, SettingsError

KEYS = {"LLM_KEYS_SOURCE": "file:keys.json"}


def test_variables_are_read_by_their_field_names() -> None:
    settings = ServiceSettings.from_environment(
        KEYS | {"LLM_SLOTS": "4", "LLM_GRPC_AUTH": "off", "PATH": "/bin"}
    )
    assert (settings.slots, settings.grpc_auth) == (4, Auth.OFF)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LLM_SLOTS", "0"),
        ("LLM_SLOTS", "many"),
        ("LLM_HTTP_PORT", "70000"),
        ("LLM_METRICS_PERIOD_SECONDS", "61"),
        ("LLM_REST_AUTH", "maybe"),
        ("LLM_KEYS_SOURCE", "s3://somewhere"),
        ("LLM_KEYS_SOURCE", "secretsmanager:a-name-and-no-arn"),
    ],
)
def test_bad_value_is_named_with_its_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable) as wrong:
        ServiceSettings.from_environment(KEYS | {variable: value})
    assert value in str(wrong.value)


def test_misspelt_variable_is_refused() -> None:
    with pytest.raises(SettingsError, match="LLM_SLOTZ: there is no such setting"):
        ServiceSettings.from_environment(KEYS | {"LLM_SLOTZ": "4"})


def test_keys_need_a_source() -> None:
    with pytest.raises(SettingsError, match="LLM_KEYS_SOURCE: missing"):
        ServiceSettings.from_environment({})


def test_no_source_is_needed_where_nobody_asks_for_keys() -> None:
    off = {"LLM_REST_AUTH": "off", "LLM_GRPC_AUTH": "off"}
    assert ServiceSettings.from_environment(off).keys_source == ""


def test_weights_that_are_fetched_need_a_hash() -> None:
    path = KEYS | {"LLM_MODEL_PATH": "s3://models/own.gguf"}
    with pytest.raises(SettingsError, match="LLM_MODEL_SHA256: missing"):
        ServiceSettings.from_environment(path)
    settings = ServiceSettings.from_environment(path | {"LLM_MODEL_SHA256": "0" * 64})
    assert settings.model_path == "s3://models/own.gguf"
