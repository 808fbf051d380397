"""Names of images, in every form that a task definition takes."""

import pytest

from delivery.deploying.images import ImageName, image_name

DIGEST = "sha256:" + "ab" * 32
ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"{ECR}/llm-on-ecs-dev:1", ImageName(ECR, "llm-on-ecs-dev", "1")),
        (f"{ECR}/team/llm@{DIGEST}", ImageName(ECR, "team/llm", "", DIGEST)),
        (f"{ECR}/llm:1@{DIGEST}", ImageName(ECR, "llm", "1", DIGEST)),
        ("localhost:5000/llm:1", ImageName("localhost:5000", "llm", "1")),
        ("sandbox.local/process:good", ImageName("sandbox.local", "process", "good")),
        ("library/llm", ImageName("", "library/llm")),
        ("repo:tag", ImageName("", "repo", "tag")),
    ],
)
def test_every_form_is_read(text: str, read: ImageName) -> None:
    assert image_name(text) == read


@pytest.mark.parametrize(
    ("registry", "place"),
    [
        (ECR, ("123456789012", "us-east-1")),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", ("123456789012", "cn-north-1")),
        ("123456789012.dkr-ecr.eu-west-1.on.aws", ("123456789012", "eu-west-1")),
        ("public.ecr.aws", None),
        ("ghcr.io", None),
    ],
)
def test_private_registry_of_ecr_says_whose_it_is(
    registry: str, place: tuple[str, str] | None
) -> None:
    assert image_name(f"{registry}/llm:1").ecr == place


def test_digest_names_an_image_before_its_tag_does() -> None:
    assert image_name(f"llm:1@{DIGEST}").image_id == {"imageDigest": DIGEST}
    assert image_name("llm:1").image_id == {"imageTag": "1"}
    assert image_name("llm").image_id == {"imageTag": "latest"}
