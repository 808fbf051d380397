"""What the kernel says of a process' memory, sorted by what it is for."""

from __future__ import annotations

import pytest

from bench.memory import Mapping, Memory, mappings, memory_of

SMAPS = """\
7f00-7f10 r--s 00000000 08:01 123                        /models/one two.gguf
Size:                128 kB
Rss:                 100 kB
VmFlags: rd sh mr
7f20-7f30 rw-p 00000000 00:00 0
Size:                 64 kB
Rss:                  40 kB
7f40-7f50 rw-p 00000000 00:00 0                          [heap]
Rss:                   8 kB
"""


def test_each_mapping_has_its_file_and_what_is_resident_of_it() -> None:
    assert mappings(SMAPS) == [
        Mapping("/models/one two.gguf", 100 * 1024),
        Mapping("", 40 * 1024),
        Mapping("[heap]", 8 * 1024),
    ]


def test_weights_and_cache_are_taken_off_once() -> None:
    engine = [Mapping("/m.gguf", 490), Mapping("", 300), Mapping("", 60), Mapping("/lib.so", 7)]
    found = memory_of([Mapping("", 90)], engine, weights=500, cache=250)
    assert found == Memory(gateway=90, engine=107, weights=500, cache=250)
    assert found.above == 197


def test_a_cache_that_is_not_resident_is_not_taken_off() -> None:
    with pytest.raises(ValueError, match="holds a cache"):
        memory_of([], [Mapping("", 100)], weights=500, cache=250)
