"""How long the service looks at the worst bodies before it answers: all other streams wait for it.

python -m bench.checks
"""

from __future__ import annotations

import gc
import json
import sys
import time
from contextlib import suppress
from typing import Any

from service.errors import InvalidRequest
from service.rest.bodies import ChatBody
from service.rest.parsing import parse

BAR_SECONDS = 0.1
TURNS = 5  # the fastest counts: other work on the machine only ever adds

SIGNS = "".join(chr(0x4E00 + number) for number in range(9900))

Fields = dict[str, Any]


def patterns(count: int, pattern: str) -> Fields:
    """As many texts, each with a pattern of its own that ends as no other does."""
    properties = {
        f"p{n}": {"type": "string", "pattern": f"^{pattern}{SIGNS[n]}$"} for n in range(count)
    }
    return {"type": "object", "properties": properties, "required": list(properties)}


def bounded(count: int) -> Fields:
    integer = {"type": "integer", "minimum": 1, "maximum": 9, "title": "Of some", "default": 3}
    properties = {f"p{number}": integer for number in range(count)}
    return {"type": "object", "properties": properties, "required": list(properties)}


def alternatives(count: int, shared: int) -> Fields:
    """Objects that lead back, and differ in the name of their last property."""
    again = {"$ref": "#/$defs/node"}
    common = {f"p{number}": {"type": "null"} for number in range(shared)}
    objects = [{**common, f"q{number}": again} for number in range(count)]
    each = [{"type": "object", "properties": each, "required": list(each)} for each in objects]
    return {"$defs": {"node": {"anyOf": each}}, **again}


def tools(count: int, parameters: Fields, *, strict: bool = False) -> Fields:
    each = [
        {"name": f"f{number}", "parameters": parameters, "strict": strict}
        for number in range(count)
    ]
    return {"tools": [{"type": "function", "function": function} for function in each]}


def signs(count: int) -> str:
    return f"root ::= {'s t ' * 1000}\ns ::= [{SIGNS[:count]}]\nt ::= [{SIGNS[:10]}]"


# Those that took longest when they were looked for, each in its own way.
WORST: dict[str, Fields] = {
    "ways": {"json_schema": patterns(50, "(a?b?c?d?e?f?g?){3}x")},
    "ways in repetitions": {"json_schema": patterns(50, "((ab|ac|ad){1,5}-?){1,20}")},
    "short patterns": {"json_schema": patterns(519, ".")},
    "patterns that let all pass": {"json_schema": patterns(307, r"\W\W\W\W")},
    "long patterns": {"json_schema": patterns(900, "a" * 1000)},
    "groups": {"json_schema": patterns(3, "(a)" * 300)},
    "sets in patterns": {"json_schema": patterns(50, f"[^{SIGNS[:1000:2]}]")},
    "sets": {"grammar": signs(4000)},
    "larger sets": {"grammar": signs(9900)},
    "long text": {"grammar": f'root ::= "{"a" * 16_000}"'},
    "sets that lead back": {
        "grammar": f'root ::= [{SIGNS[:7000]}] root "b" | [^{SIGNS[:7000]}] root "c" | "d"'
    },
    "what may be left out": {
        "grammar": "\n".join(f"r{n} ::= r{n + 1}?" for n in range(900))
        + '\nr900 ::= "a"\nroot ::= r0'
    },
    "words that lead back": {
        "grammar": 'root ::= "(" root ("," root)* ")" | word\nword ::= '
        + " | ".join(f'"value {number}"' for number in range(300)),
    },
    "alternatives that lead back": {
        "grammar": 'root ::= "(" root ")" | '
        + " | ".join(f'[a-z{number}]+ "{number}" root' for number in range(60)),
    },
    "repetitions": {
        "grammar": "root ::= " + " ".join(f"([a-z]{{0,{n}}})" for n in range(60)),
    },
    "repetitions of alternatives": {
        "grammar": "root ::= " + "([a-z] [a-z]* | [a-z0-9]+)* " * 200,
    },
    "tools": tools(128, patterns(4, "[a-z]{1,60}-[0-9]{4}")),
    "strict tools": tools(128, bounded(30), strict=True),
    "objects that lead back": {"json_schema": alternatives(64, 12)},
    "values": {"json_schema": {"default": [[[0] * 10] * 100] * 50}},
    "names": {"json_schema": {"enum": [f"value {number}" for number in range(1000)]}},
}


def chat(fields: Fields) -> bytes:
    whole = {"messages": [{"role": "user", "content": "Hello"}], **fields}
    return json.dumps(whole, ensure_ascii=False).encode()


def check(body: bytes) -> None:
    """As the service does; that it refuses the body does not matter here."""
    with suppress(InvalidRequest):
        parse(ChatBody, body)


def seconds(body: bytes) -> float:
    """Of the processor; garbage of others is left where it is."""
    taken = []
    for _ in range(TURNS):
        gc.collect()
        begun = time.process_time()
        check(body)
        taken.append(time.process_time() - begun)
    return min(taken)


def main() -> None:
    gc.disable()
    measured = {name: seconds(chat(fields)) for name, fields in WORST.items()}
    for name, taken in sorted(measured.items(), key=lambda each: -each[1]):
        print(f"{taken:.3f} s  {name}")
    worst = max(measured.values())
    sys.exit(worst > BAR_SECONDS and f"{worst:.3f} s are more than {BAR_SECONDS}; take steps.")


if __name__ == "__main__":
    main()
