"""Which KMS keys encrypt what the stage keeps."""

from typing import Any, Final

from pydantic import Field

from infra.sections.section import Section

KEY: Final[dict[str, Any]] = {
    "default": None,
    # An alias would do for some of them only, and could come to name another key unseen.
    "pattern": r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/"
    r"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$",
    "examples": ["arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012"],
}


class EncryptionSettings(Section):
    """Customer-managed KMS keys, by their ARNs; none: AWS's own, which cost nothing.

    What each key's policy must allow is in docs/governance.md.
    """

    secret_key_arn: str | None = Field(
        **KEY, description="The key of the secret with the API keys' hashes. It can be changed."
    )
    logs_key_arn: str | None = Field(
        **KEY,
        description="The key of all log groups. What was logged before a change stays under the "
        "key that it had: keep that one.",
    )
    images_key_arn: str | None = Field(
        **KEY,
        description="The key of the image repository, chosen before the first deploy for good: a "
        "repository's encryption cannot change, and the deploy that tries fails "
        "(docs/governance.md has the way around).",
    )
    models_key_arn: str | None = Field(
        **KEY,
        description="The key of the model bucket. Tasks may use this key only: after a change put "
        "the model there again (`make model`) before the next task starts. The bucket's access log "
        "stays under S3's own key, with any other S3 writes none.",
    )
    topic_key_arn: str | None = Field(
        **KEY,
        description="The key of the topic that alarms and the budget write to. Its policy has to "
        "let CloudWatch and AWS Budgets use it, or nobody hears anything.",
    )
