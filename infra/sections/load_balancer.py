"""How the load balancer itself behaves, and what it writes down."""

from typing import Literal

from pydantic import Field

from infra.sections.section import Section

Algorithm = Literal["least-outstanding-requests", "weighted-random"]
Desync = Literal["defensive", "strictest"]


class LoadBalancerSettings(Section):
    """How the load balancer itself behaves, and what it writes down."""

    algorithm: Algorithm = Field(
        default="least-outstanding-requests",
        description="Which task gets a request. 'least-outstanding-requests': the one with the "
        "fewest, because answers differ a hundredfold in length. 'weighted-random': any, and fewer "
        "to one that fails more than its siblings, for fleets of three and more.",
    )
    desync_mitigation: Desync = Field(
        default="defensive",
        description="What becomes of requests that two parties could read differently. "
        "'defensive': what is known to be harmless passes. 'strictest': only what obeys RFC 7230, "
        "so some old clients are refused. AWS's 'monitor' lets all pass, and is no choice.",
    )
    access_logs: bool = Field(
        default=False,
        description="true: the load balancer writes a line for each request into a bucket of its "
        "own, which `cdk destroy` leaves behind: it is never empty, and so cannot be deleted.",
    )
    connection_logs: bool = Field(
        default=False,
        description="true: it writes a line for each connection there as well, with its TLS "
        "version and cipher, and why a handshake failed.",
    )
    logs_days: int = Field(default=90, ge=1, le=3650, description="Days after which those go.")

    @property
    def logs(self) -> bool:
        """Whether there is anything to write down."""
        return self.access_logs or self.connection_logs
