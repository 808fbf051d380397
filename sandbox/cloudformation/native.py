"""The resource types whose moto classes keep enough, and the properties that force a replacement.

A type that is not here, not one of our own and not in `ignored` fails the deploy. These come from
the CDK's bootstrap template.
"""

from __future__ import annotations

REPLACED_BY: dict[str, frozenset[str]] = {
    "AWS::KMS::Alias": frozenset({"AliasName"}),
    "AWS::KMS::Key": frozenset(),
    "AWS::SSM::Parameter": frozenset({"Name"}),
}
