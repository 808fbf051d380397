"""Whether the certificate is one that a load balancer takes."""

from collections.abc import Iterator

from operations.preflight.finding import Finding, Mark, Subject


def check_certificate(subject: Subject) -> Iterator[Finding]:
    """It is in the region of the deploy, and issued."""
    arn = subject.stage.settings.endpoint.certificate_arn
    if arn is None:
        yield Finding(Mark.OK, "the stage names none")
        return
    name, region = "endpoint.certificate_arn", arn.split(":")[3]
    if region != subject.account.region:
        found = f"it is in {region}, and the deploy goes to {subject.account.region}"
        yield Finding(Mark.FAILED, found, f"name one of the same region in {name}")
        return
    answer = subject.account.ask(
        "acm", "DescribeCertificate", absent=("ResourceNotFoundException",), CertificateArn=arn
    )
    status = answer["Certificate"]["Status"] if answer else "not in this account"
    if status != "ISSUED":
        yield Finding(Mark.FAILED, f"{arn} is {status}", f"name an issued certificate in {name}")
    else:
        yield Finding(
            Mark.OK, f"issued for {answer['Certificate']['DomainName'] if answer else ''}"
        )
