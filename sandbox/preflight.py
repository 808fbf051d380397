"""Before `make up` starts anything: is a sandbox running, is it this one, are the ports free."""

from __future__ import annotations

import socket
from dataclasses import fields

from .down import AWS, RUNNER, stop_sandbox
from .processes import ProcessTable
from .state import Ports, SandboxError, Settings, State


def check_sandbox(state: State, wanted: Settings) -> None:
    """Stop what is half there, and make sure that the ports are ours or free."""
    table = ProcessTable(state)
    running = [name for name in (AWS, RUNNER) if table.pid(name) is not None]
    if running and AWS not in running:
        stop_sandbox(state)  # its AWS is gone, and with it all that was deployed
        running = []
    if running:
        _check_settings(state.settings(), wanted)
    else:
        stop_sandbox(state)
    ports = wanted.ports
    for name, port in (("aws", ports.aws), ("http", ports.http), ("grpc", ports.grpc)):
        owner = AWS if name == "aws" else RUNNER
        if owner not in running:
            _check_port(name, port)
    state.save_settings(wanted)


def _check_settings(known: Settings | None, wanted: Settings) -> None:
    pairs = {
        field.name: (getattr(known, field.name, None), getattr(wanted, field.name))
        for field in fields(Settings)
    }
    other = [f"{name} {old}, wanted {new}" for name, (old, new) in pairs.items() if old != new]
    if other:
        raise SandboxError(
            f"A sandbox with other settings is running ({'; '.join(other)}); run `make down` first."
        )


def _check_port(name: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SandboxError(
                f"Port {port} (the sandbox's {name} address) is taken by another program; stop it, "
                f"or set {Ports.variable(name)} to a free port."
            ) from error
