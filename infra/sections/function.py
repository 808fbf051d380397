"""The same inference path as a Lambda function, for direct invocation and a function URL."""

from typing import Final

from pydantic import Field

from infra.sections.section import Section

# The memory with which Lambda gives one whole vCPU; more memory, more of them.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
MIB_PER_VCPU: Final = 1769
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MOST_MEMORY_MIB: Final = 10240
MOST_TIMEOUT_SECONDS: Final = 900


class FunctionSettings(Section):
    """The same inference path as a Lambda function, for direct invocation and a function URL."""

    enabled: bool = Field(
        default=False,
        description="true: the stage has a Lambda function as well, which costs nothing while "
        "nobody asks. It answers whole, one request at a time in each instance; IAM says who may "
        "ask, and API keys play no part.",
    )
    memory_mib: int = Field(
        default=MIB_PER_VCPU,
        ge=MIB_PER_VCPU,
        le=MOST_MEMORY_MIB,
        description="MiB of memory, and with it the CPU: one vCPU for each whole 1769, on each of "
        "which the engine runs a thread. New accounts may have a lower limit than Lambda's 10240.",
    )
    timeout_seconds: int = Field(
        default=300,
        ge=10,
        le=MOST_TIMEOUT_SECONDS,
        description="Seconds after which Lambda ends an invocation, the loading of the model in a "
        "new instance included. A second earlier the request is answered `deadline_exceeded`.",
    )
    reserved_concurrency: int | None = Field(
        default=None,
        ge=1,
        description="Instances that may run at once, kept free for this function: the bound of its "
        "bill. AWS leaves 100 to all other functions, which a new account may not have.",
    )

    @property
    def threads(self) -> int:
        """Whole vCPUs: threads that spin for a share of one slow all the others down."""
        return self.memory_mib // MIB_PER_VCPU
