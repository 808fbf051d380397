"""The API keys' secret."""

import json

from tests.infra.assemblies import Assembly


def test_a_new_stage_has_no_key(dev: Assembly) -> None:
    secret = dev.only("AWS::SecretsManager::Secret")
    assert json.loads(secret["SecretString"]) == {"keys": []}


def test_the_initial_value_is_a_constant_so_that_no_deploy_writes_over_keys(
    dev: Assembly, prod: Assembly
) -> None:
    secrets = [a.only("AWS::SecretsManager::Secret") for a in (dev, prod)]
    assert {secret["SecretString"] for secret in secrets} == {'{"keys": []}'}
    assert not [secret for secret in secrets if "GenerateSecretString" in secret]


def test_the_secret_has_no_name_that_would_block_its_replacement(dev: Assembly) -> None:
    assert "Name" not in dev.only("AWS::SecretsManager::Secret")
