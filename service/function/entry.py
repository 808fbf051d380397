"""What Lambda's runtime client runs: `python -m awslambdaric service.function.entry.handler`."""

from __future__ import annotations

import os

from service.function.instance import FunctionInstance
from service.logs import write_logs
from service.settings import ServiceSettings


def __getattr__(name: str) -> FunctionInstance:
    """`handler`, which the runtime client asks for once, in the init phase: that loads the model.

    So importing this module starts nothing, and what goes wrong is reported as an init error.
    """
    if name != "handler":
        raise AttributeError(name)
    return start()


def start() -> FunctionInstance:
    """Raises SettingsError or FileNotFoundError, which end the init phase."""
    settings = ServiceSettings.from_environment(os.environ)
    write_logs(settings.log_level, quote=settings.log_prompts)
    return FunctionInstance(settings)
