"""A store of tags for the services to which moto has given none."""

from __future__ import annotations

from typing import Any

from moto.utilities.tagging_service import TaggingService


def tagger_of(backend: Any) -> TaggingService:
    """moto's own, as other services have it; it ends with the backend."""
    found: TaggingService = backend.__dict__.setdefault("sandbox_tagger", TaggingService())
    return found
