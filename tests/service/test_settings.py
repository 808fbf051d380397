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
        ("LLM_CORS_ORIGINS", "a.example.com"),
        ("LLM_CORS_ORIGINS", "https://a.example.com/"),
        ("LLM_CORS_ORIGINS", "https://a.example.com, *"),
        ("LLM_GENERATION_TIMEOUT_SECONDS", "inf"),
        ("LLM_TRACES_RATIO", "nan"),
        ("LLM_HTTP_HOST", ""),
    ],
)
def test_bad_value_is_named_with_its_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable) as wrong:
        ServiceSettings.from_environment(KEYS | {variable: value})
    assert f"{variable}: got {value!r}; set " in str(wrong.value)


@pytest.mark.parametrize("value", ["", "many", "-1", "1.5", "1e999", "nan", "1e300"])
@pytest.mark.parametrize("field", ServiceSettings.model_fields)
def test_what_is_wrong_is_said_with_what_to_set(field: str, value: str) -> None:
    variable = f"LLM_{field.upper()}"
    try:
        ServiceSettings.from_environment(KEYS | {variable: value})
    except SettingsError as wrong:
        assert " set " in str(wrong)  # noqa: PT017  # most fields may hold some of these


@pytest.mark.parametrize("origins", ["*", "https://a.example.com, http://localhost:8080", ""])
def test_origins_are_those_that_browsers_send(origins: str) -> None:
    settings = ServiceSettings.from_environment(KEYS | {"LLM_CORS_ORIGINS": origins})
    assert ", ".join(settings.cors_origins) == origins


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"LLM_DRAFT_TOKENS": "8"}, "LLM_BATCH_TOKENS, 64"),
        ({"LLM_DRAFT_TOKENS": "7", "LLM_MATCH_TOKENS": "8"}, "LLM_MATCH_TOKENS, 8"),
        ({"LLM_DRAFT_TOKENS": "7", "LLM_EMBEDDINGS": "mean"}, "LLM_EMBEDDINGS is mean"),
    ],
)
def test_guesses_that_the_engine_cannot_make_are_refused(
    variables: dict[str, str], told: str
) -> None:
    assert ServiceSettings.from_environment(KEYS | {"LLM_DRAFT_TOKENS": "7"})
    with pytest.raises(SettingsError) as wrong:
        ServiceSettings.from_environment(KEYS | variables)
    assert str(wrong.value).startswith(f"LLM_DRAFT_TOKENS: got {variables['LLM_DRAFT_TOKENS']}, ")
    assert told in str(wrong.value)


@pytest.mark.parametrize("lag", ["10", "200"])
def test_lag_is_less_than_the_drain_that_it_is_part_of(lag: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        ServiceSettings.from_environment(
            KEYS | {"LLM_DRAIN_SECONDS": "10", "LLM_DRAIN_LAG_SECONDS": lag}
        )
    assert str(wrong.value).startswith(f"LLM_DRAIN_LAG_SECONDS: got {lag}, which leaves nothing")


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
