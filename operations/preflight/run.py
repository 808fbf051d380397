"""All the checks, in the order in which a person would want to know."""

from dataclasses import dataclass
from typing import Final

from operations.account import CouldNotAsk
from operations.preflight.bootstrap import check_bootstrap
from operations.preflight.certificate import check_certificate
from operations.preflight.collisions import check_names, check_stacks
from operations.preflight.encryption import check_image_key
from operations.preflight.expectations import check_cost, check_leftovers
from operations.preflight.finding import Check, Finding, Mark, Subject
from operations.preflight.fleets import check_fleets
from operations.preflight.identity import check_credentials, check_place
from operations.preflight.image import check_image
from operations.preflight.move import check_move
from operations.preflight.network import check_network
from operations.preflight.network_room import check_addresses, check_zones
from operations.preflight.ports import check_ports
from operations.preflight.privacy import check_texts
from operations.preflight.quota import check_fargate_quota
from operations.preflight.records import check_records

CREDENTIALS: Final = Check("credentials", check_credentials, asks_aws=False)
PLACE: Final = Check("account and region", check_place)
CHECKS: Final = (
    PLACE,
    Check("bootstrap", check_bootstrap),
    Check("certificate", check_certificate),
    Check("stacks", check_stacks),
    Check("names", check_names),
    Check("own name", check_records),
    Check("network", check_network),
    Check("zones", check_zones),
    Check("addresses", check_addresses),
    Check("move", check_move),
    Check("fleets", check_fleets),
    Check("ports", check_ports),
    Check("image key", check_image_key),
    Check("Fargate quota", check_fargate_quota),
    Check("image", check_image, asks_aws=False),
    Check("privacy", check_texts, asks_aws=False),
    Check("cost", check_cost, asks_aws=False),
    Check("after a destroy", check_leftovers, asks_aws=False),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found."""

    check: str
    finding: Finding


def run_checks(subject: Subject, *others: Check) -> list[Result]:
    """Every check, then the `others`, whatever the ones before it found."""
    results = run_check(CREDENTIALS, subject)
    signed_in = results[0].finding.mark is Mark.OK
    for check in (*CHECKS, *others):
        if check.asks_aws and not signed_in:
            found = Finding(Mark.UNKNOWN, "not checked: AWS did not say who you are")
            results.append(Result(check.name, found))
        else:
            results += run_check(check, subject)
    return results


def run_check(check: Check, subject: Subject) -> list[Result]:
    """One check; where AWS gives no answer, that is its last finding."""
    findings = []
    try:
        for finding in check.run(subject):
            findings.append(finding)
    except CouldNotAsk as error:
        findings.append(Finding(Mark.UNKNOWN, f"could not check: {error}"))
    return [Result(check.name, finding) for finding in findings]
