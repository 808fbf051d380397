"""From which address a request came, told apart from what its sender says of that."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

FORWARDED_FOR = "x-forwarded-for"


@dataclass(frozen=True, slots=True)
class ClientAddresses:
    """Knows how many proxies of ours a request has passed.

    Each adds at the right of X-Forwarded-For the address that it was connected from, and keeps what
    was there, which may be the client's invention. So the client's own address is as far from the
    right as we have proxies; without one it is the connection's. Whoever can connect here past a
    proxy is believed: that nobody can is the security group's doing. A request that passed fewer of
    them, from inside, counts from the left. X-Forwarded-Proto and -Port are not read: nothing here
    depends on how a client reached the load balancer.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html

    An address is personal data, so there is none unless `kept`.
    """

    trusted_hops: int = 0
    kept: bool = False

    def of(self, peer: str | None, forwarded_for: Iterable[str]) -> str | None:
        """`peer` is who connected, `forwarded_for` the header's values in the order they came."""
        if not self.kept:
            return None
        named = [part.strip() for value in forwarded_for for part in value.split(",")]
        way = [*named, peer] if self.trusted_hops else [peer]
        return address(way[max(0, len(way) - 1 - self.trusted_hops)]) or address(peer)


def address(text: str | None) -> str | None:
    """The IP address in `1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]:80`; None where there is none."""
    host = text or ""
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None
