"""The container's health check: exit status 0 where the process answers that it is alive."""

import http.client
import os
import sys

TIMEOUT_SECONDS = 3


def main() -> int:
    port = int(os.environ.get("LLM_HTTP_PORT", "8080"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/health/live")
        return 0 if connection.getresponse().status == 200 else 1
    except OSError as unreachable:
        print(f"http://127.0.0.1:{port}/health/live: {unreachable}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
