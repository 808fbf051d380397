"""A stand-in for a service: a small HTTP server that is configured by its environment alone."""

import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

busy = threading.Semaphore(1000)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        with busy:
            if self.path == "/stream":
                self.stream()
            else:
                self.answer(os.environ["VERSION"])

    def answer(self, text: str) -> None:
        self.send_response(int(os.environ.get("STATUS", "200")))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def stream(self) -> None:
        """One chunk, and a second one when the test says so."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"3\r\none\r\n")
        release = Path(os.environ["RELEASE"])
        while not release.exists():
            time.sleep(0.01)
        self.wfile.write(b"3\r\ntwo\r\n0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        pass


def stop(*_: object) -> None:
    """Finish what runs, then exit 0."""
    for _permit in range(1000):
        busy.acquire()
    os._exit(0)


def main() -> None:
    if "FAIL" in os.environ:
        print("told to fail", flush=True)
        sys.exit(int(os.environ["FAIL"]))
    signal.signal(signal.SIGTERM, signal.SIG_IGN if "STUBBORN" in os.environ else start_to_stop)
    ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()


def start_to_stop(*_: object) -> None:
    threading.Thread(target=stop).start()


if __name__ == "__main__":
    main()
