"""An identity provider on loopback: real keys, real tokens, a key set behind a real HTTP server."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

AUDIENCE = "https://llm.example.org"


class Issuer:
    """Signs tokens with the newest of its keys and publishes those that it was told to."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.jwks_url = f"{url}/jwks.json"
        self.fetches = 0
        self.up = True
        self.refused = threading.Semaphore(0)  # one more for each look while it was not up
        self.answer: bytes | None = None  # in the key set's place
        self._private: dict[str, RSAPrivateKey] = {}
        self._published: list[dict[str, Any]] = []
        self.rotate()

    def rotate(self, *, publish: bool = True) -> None:
        """Begins to sign with another key."""
        key_id = f"key-{len(self._private)}"
        private = generate_private_key(public_exponent=65537, key_size=2048)
        self._private[key_id] = private
        if publish:
            public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
            self._published.append(public | {"kid": key_id, "use": "sig", "alg": "RS256"})

    def token(self, *, headers: dict[str, Any] | None = None, **claims: Any) -> str:
        """A good token, but for the claims that are given; a None leaves the claim out."""
        key_id, private = list(self._private.items())[-1]
        good = {"iss": self.url, "aud": AUDIENCE, "sub": "ann", "exp": time.time() + 60}
        stated = {name: value for name, value in (good | claims).items() if value is not None}
        return jwt.encode(stated, private, "RS256", headers={"kid": key_id} | (headers or {}))

    def key_set(self) -> bytes:
        self.fetches += 1
        if self.answer is not None:
            return self.answer
        return json.dumps({"keys": self._published}).encode()

    def public_pem(self) -> bytes:
        """The signing key's public half, as a forger has it."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = list(self._private.values())[-1].public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@contextmanager
def issuing() -> Iterator[Issuer]:
    """An issuer whose key set can be fetched while the context is open."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            up = issuer.up
            body = issuer.key_set() if up else b""
            if not up:
                issuer.refused.release()
            self.send_response(200 if up else 500)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: a test's output is its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
