"""The one error of this package."""


class DeliveryError(Exception):
    """A verb that failed: what is wrong and what to do, in one sentence."""
