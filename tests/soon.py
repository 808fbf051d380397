"""How long tests wait for what happens at once: the machine may be busy with something else."""

from typing import Final

SOON: Final = 8.0
"""Seconds. No promise: those are measured, each with a bound of its own. Below the ten after which
the service gives up who is silent, so that a shorter limit of a test's own is seen to hold."""
