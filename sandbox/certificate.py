"""A self-signed certificate in the sandbox's ACM: HTTPS listeners and gRPC targets need one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "llm.sandbox.local"
VALID_DAYS = 365


def ensure_certificate(*, region: str, endpoint: str | None = None) -> str:
    """The ARN of the sandbox's certificate; one that was imported before is used again."""
    client = boto3.client("acm", region_name=region, endpoint_url=endpoint)
    for known in client.list_certificates()["CertificateSummaryList"]:
        if known["DomainName"] == NAME:
            return known["CertificateArn"]
    certificate, key = _self_signed()
    return client.import_certificate(Certificate=certificate, PrivateKey=key)["CertificateArn"]


def _self_signed() -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(pem), private
