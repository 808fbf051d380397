"""What leads back to itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

Key = TypeVar("Key")


def has_cycle(edges: Mapping[Key, Iterable[Key]]) -> bool:
    """Whether somewhere the edges, each from a key to others, lead in a circle."""
    done: set[Key] = set()
    for start in edges:
        path = {start}
        stack = [(start, iter(edges[start]))]
        while stack and start not in done:
            current, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                path.discard(current)
                done.add(current)
            elif following in path:
                return True
            elif following not in done:
                stack.append((following, iter(edges[following])))
                path.add(following)
    return False


def circles(edges: Mapping[Key, Iterable[Key]]) -> list[list[Key]]:
    """The keys, those together that lead to each other; a group comes after all it leads to.

    Tarjan's algorithm, without recursion.
    """
    order: dict[Key, int] = {}
    lowest: dict[Key, int] = {}
    found: list[list[Key]] = []
    for start in edges:
        if start not in order:
            found += _circles_from(start, edges, order, lowest)
    return found


def _circles_from(
    start: Key, edges: Mapping[Key, Iterable[Key]], order: dict[Key, int], lowest: dict[Key, int]
) -> list[list[Key]]:
    found: list[list[Key]] = []
    open_: dict[Key, None] = {start: None}
    order[start] = lowest[start] = len(order)
    stack = [(start, iter(edges[start]))]
    while stack:
        current, rest = stack[-1]
        following = next(rest, None)
        if following is None:
            stack.pop()
            if stack:
                lowest[stack[-1][0]] = min(lowest[stack[-1][0]], lowest[current])
            if lowest[current] == order[current]:
                found.append(_taken_until(current, open_))
        elif following not in order:
            order[following] = lowest[following] = len(order)
            open_[following] = None
            stack.append((following, iter(edges[following])))
        elif following in open_:
            lowest[current] = min(lowest[current], order[following])
    return found


def _taken_until(last: Key, open_: dict[Key, None]) -> list[Key]:
    taken: list[Key] = []
    while not taken or taken[-1] != last:
        taken.append(open_.popitem()[0])
    return taken
