"""The base of every resource type that the sandbox makes by calling AWS's own API."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ClassVar, Final

from botocore.exceptions import BotoCoreError, ClientError
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError

from . import api
from .api import Properties
from .tags import BY_TYPE, listed

# How the services here say that a name is taken.
TAKEN: Final = ("AlreadyExists", "ResourceExists", "AlreadyOwned", "Duplicate")


def _never() -> bool:
    return False


stack_cancelled: ContextVar[Callable[[], bool]] = ContextVar("stack_cancelled", default=_never)
"""Whether the update is to be undone, which then waits for nothing more. The engine sets it for
the resources that it makes: moto, which calls them, hands over nothing of the kind."""


class ApiResource:
    """One resource of a stack: created, updated in place and deleted through the boto3 API.

    moto looks only at the direct subclasses of CloudFormationModel, so a concrete type is written
    `class Thing(ApiResource, CloudFormationModel)`. Its `create` sets `physical_resource_id` (what
    Ref gives) and `values` (what GetAtt gives).
    """

    type_name: ClassVar[str]
    name_property: ClassVar[str] = ""
    returns: ClassVar[frozenset[str]] = frozenset()
    """The attributes that GetAtt can ask for."""
    replaced_by: ClassVar[frozenset[str]] = frozenset()
    """The properties that CloudFormation documents as 'Update requires: Replacement'."""

    shares_name: ClassVar[bool] = False
    """Whether two of the same name may be there at once, in different places."""

    takes_all: ClassVar[bool] = False
    """Whether all properties go to one API call, which then refuses those it does not know."""

    # moto's parser sets these two after creation.
    cf_resource_type: str
    logical_resource_id: str

    def __init__(self, name: str, properties: Properties, *, account: str, region: str) -> None:
        self.name = name
        self.properties = properties
        self.account = account
        self.region = region
        self.cancelled = stack_cancelled.get()
        self.physical_resource_id = ""
        self.values: dict[str, Any] = {}
        self._taken: set[str] = set()

    def create(self) -> None:
        raise NotImplementedError

    @property
    def tagged_as(self) -> str:
        """What names it to the operations that change its tags."""
        attribute = BY_TYPE[self.type_name].arn
        return str(self.values[attribute] if attribute else self.physical_resource_id)

    def find(self) -> bool:
        """Take on the identity of the resource that has this name; whether there is one."""
        return False

    def update(self, before: Properties) -> None:
        """Bring it from `before` to `self.properties`; what forces a replacement is the same."""
        raise ValidationError(
            message=f"{self.type_name}: the sandbox cannot update it in place; run `make down`, "
            "then `make up`"
        )

    def remove(self) -> None:
        """Delete the resource; called after everything that refers to it is gone."""

    # For subclasses.

    def call(self, service: str, operation: str, parameters: Properties, **options: bool) -> Any:
        return api.call(service, operation, parameters, region=self.region, **options)

    def take(self, *names: str) -> Properties:
        """The named properties that the template sets; marks them as understood."""
        self._taken.update(names)
        return {name: self.properties[name] for name in names if name in self.properties}

    def changed(self, before: Properties, name: str) -> bool:
        return bool(before.get(name) != self.properties.get(name))

    # What the stack engine calls.

    def create_checked(self) -> None:
        try:
            self.create()
            self._refuse_unknown()
        except BaseException as error:
            if _is_anothers(error):
                raise
            # It may have been made, and the stack will not know it.
            with contextlib.suppress(BotoCoreError, ClientError, KeyError):
                self.remove()
            raise

    def update_checked(self, properties: Properties) -> None:
        """After a failure `properties` count as applied: the rollback starts from there."""
        before, self.properties = self.properties, properties
        self._refuse_unknown()
        before = self._retagged(before)
        if before != properties:
            self.update(before)

    def _retagged(self, before: Properties) -> Properties:
        """`before` with the new tags, once they are changed; where a service does it elsewhere."""
        tagging = BY_TYPE.get(self.type_name)
        if tagging is None or not self.changed(before, tagging.property):
            return before
        tags = self.properties.get(tagging.property, [])
        old = before.get(tagging.property, [])
        name = self.tagged_as.removesuffix(":*")
        tagging.change(self.call, name, before=listed(old), after=listed(tags))
        return before | {tagging.property: tags}

    def _refuse_unknown(self) -> None:
        """What `create` did not take is not supported, now or in an update."""
        left = sorted(set(self.properties) - self._taken)
        if left and not self.takes_all:
            raise ValidationError(
                message=f"{self.type_name}: the sandbox does not support the property "
                f"{', '.join(left)}; teach it in sandbox/cloudformation"
            )

    @classmethod
    def name_is_identity(cls) -> bool:
        return cls.name_property in cls.replaced_by and not cls.shares_name

    # moto's interface.

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.type_name

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return cls.name_property

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in cls.returns

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        if attribute_name not in self.values:
            raise UnformattedGetAttTemplateException
        return self.values[attribute_name]

    def is_created(self) -> bool:
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **_identity: Any,
    ) -> ApiResource:
        properties = cloudformation_json["Properties"]
        resource = cls(resource_name, properties, account=account_id, region=region_name)
        resource.create_checked()
        return resource


def _is_anothers(error: BaseException) -> bool:
    """Whether creating failed because something has the name: that is not to be removed for it."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    return any(sign in code for sign in TAKEN)
