"""What the tests by a scripted endpoint have in common: refusals, a key, and a time limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from service.errors import QueueFull as Full
from tests.client.faces import Face
from tests.client.scripted_endpoint import ScriptedEndpoint, Step

KEY = "sk-of-a-test"
FULL = Step(Full("The queue is full.", retry_after_seconds=0))
FULL_FOR_LONG = Step(Full("The queue is full.", retry_after_seconds=60))
LIMIT = 1.0  # seconds; by then a call has arrived, and what comes of its answer at once
ABOUT = 0.99 * LIMIT  # clocks differ by a hair
Asked = tuple[Face, ScriptedEndpoint]
Ask = Callable[..., Any]
