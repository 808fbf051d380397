"""The same over TLS, with a certificate that only `ca_file` vouches for."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from llm_on_ecs import ConnectionFailed, IncompleteStream
from tests.client.faces import KINDS, face, read
from tests.client.scripted.calls import ABOUT, LIMIT
from tests.client.scripted_endpoint import Step, Tls, scripted
from tests.soon import SOON

pytestmark = [
    pytest.mark.parametrize("transport", ["rest", "grpc"]),
    pytest.mark.parametrize("kind", KINDS),
]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an endpoint of a test")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    return Tls(
        written(folder / "certificate.pem", certificate.public_bytes(PEM)),
        written(folder / "key.pem", key.private_bytes(PEM, PKCS8, UNENCRYPTED)),
    )


PEM = serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8
UNENCRYPTED = serialization.NoEncryption()


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


async def test_endpoint_whose_authority_is_named_is_asked(
    transport: str, kind: str, tls: Tls
) -> None:
    async with (
        scripted(transport, Step(), tls=tls) as (_, url),
        face(kind, url, ca_file=str(tls.certificate)) as client,
    ):
        assert (await client.generate("Hi")).text == "Hello world"


async def test_endpoint_that_nobody_vouches_for_gets_no_request(
    transport: str, kind: str, tls: Tls
) -> None:
    async with (
        scripted(transport, Step(), tls=tls) as (endpoint, url),
        face(kind, url, max_retries=0) as client,
    ):
        with pytest.raises(ConnectionFailed):
            await client.generate("Hi")
        assert endpoint.calls == 0


@pytest.mark.parametrize("ending", ["hang", "trickle"])
async def test_deadline_ends_a_stream_over_tls_too(
    transport: str, kind: str, tls: Tls, ending: str
) -> None:
    started = time.monotonic()
    async with (
        scripted(transport, Step(ending=ending), tls=tls) as (_, url),  # type: ignore[arg-type]
        face(kind, url, ca_file=str(tls.certificate)) as client,
    ):
        with pytest.raises(IncompleteStream, check=lambda e: e.code == "deadline_exceeded"):
            await read(client.stream("Hi", timeout=LIMIT))
    assert ABOUT <= time.monotonic() - started < SOON
