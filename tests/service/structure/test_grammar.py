"""Which grammars the engine is given."""

from __future__ import annotations

import pytest

from service.structure.grammar import checked_grammar

JSON = r"""
root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws
object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
array  ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
# Spaces that may be left out
ws ::= | " " | "\n" [ \t]{0,20}
"""
CHESS = """
root ::= "1. " move " " move "\\n" ([1-9] [0-9]? ". " move " " move "\\n")+
move ::= (pawn | nonpawn | castle) [+#]?
nonpawn ::= [NBKQR] [a-h]? [1-8]? "x"? [a-h] [1-8]
pawn ::= ([a-h] "x")? [a-h] [1-8] ("=" [NBKQR])?
castle ::= "O-O" "-O"?
"""


@pytest.mark.parametrize(
    "grammar",
    [
        JSON,
        CHESS,
        'root ::= "yes" | "no"',
        'root ::= (a | b)+\na ::= [^x]\r\nb ::= "x" .{2,3}',
        'root ::= <think> !<[7]> "x"',
        "root ::= " + " | ".join(f'"word {n}"' for n in range(300)),
        'root ::= "(" root ")" root | ""',
    ],
)
def test_grammar_goes_on_as_it_is(grammar: str) -> None:
    assert checked_grammar(grammar) == grammar


@pytest.mark.parametrize(
    ("grammar", "rule"),
    [
        ('root ::= "a"{5,3}', "swap them"),
        ('root ::= "a"{5000}', "the most"),
        ('root ::= "' + "a" * 5000 + '"{1900}', "written out"),
        ('root ::= ("a"?){100} "b"', "too many ways"),
        ('root ::= (" "?){20} "b"', "too many ways"),
        ('root ::= ("a"{0,69}){0,69}', "too (many ways|complex)"),
        ("root ::= " + '"a"? ' * 300 + '"b"', "too (many ways|complex)"),
        (
            "root ::= r0\n"
            + "\n".join(f"r{n} ::= r{n + 1} r{n + 1}" for n in range(20))
            + '\nr20 ::= "a"?',
            "too (many ways|complex)",
        ),
        ("root ::= " + " | ".join(f'"{n}"' for n in range(1000)), "alternatives"),
        ("root ::= " + "(" * 1000 + '"a"' + ")" * 1000, "nested"),
        ('root ::= root "a" | "b"', "begins with itself"),
        ('root ::= a\na ::= "x"? b\nb ::= a "y"', "begins with itself"),
        ("root ::= foo", "foo is not defined"),
        ('x ::= "a"', "root is not defined"),
        ("root ::= (", "was expected"),
        ('root ::= "a', "does not end"),
        ("root ::= [z-a]", "before it begins"),
        ("root ::= []", "empty"),
        ("root ::= *", "nothing to repeat"),
        (r'root ::= "\q"', "does not escape"),
        ('root ::= "a" ;', "new line or the end"),
        ("root", "::="),
        ("", "root is not defined"),
    ],
)
def test_grammar_that_harms_the_engine_or_is_none_is_refused(grammar: str, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        checked_grammar(grammar)


def test_fault_is_named_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"in line 2, at '\]'"):
        checked_grammar('root ::= "a"\n]')
