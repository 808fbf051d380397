"""What only the garbage collector would free."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def garbage() -> Iterator[Counter[str]]:
    """The service's own objects that nothing but the collector frees, by type, once it is left."""
    found: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    try:
        yield found
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        kinds = [type(each) for each in gc.garbage]
        found.update(str(kind) for kind in kinds if kind.__module__.startswith("service."))
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
