"""The process' entry: `python -m service`."""

from __future__ import annotations

import os
import sys

import uvloop

from service.logs import write_logs
from service.settings import ServiceSettings, SettingsError


def main() -> int:
    # gRPC reads it at import, and else writes a line of its own at each start of the engine.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
    from service.server import serve

    try:
        settings = ServiceSettings.from_environment(os.environ)
        write_logs(settings.log_level)
        uvloop.run(serve(settings))
    except (SettingsError, FileNotFoundError) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
