"""Which grammars may lead back to themselves."""

from __future__ import annotations

import pytest

from service.structure.grammar import checked_grammar

TAG, END, EMPTY = '"<" name ">"', '"</" name ">"', '"<" name "/>"'
TERMS = 'term ::= "(" root ")" | [0-9]+'


@pytest.mark.parametrize(
    "grammar",
    [
        "root ::= " + " | ".join(f'"{"a" * 16}" root "{end}"' for end in "bcdefghijklmnopqrst"),
        'root ::= "aaaaaaaa" root "b" | "aaaaaaaa" root "c" | "d"',
        f'root ::= "{"a" * 40}" (root "b" | root "c") | "d"',
        f'root ::= x | y | "d"\nx ::= "{"a" * 40}" root "b"\ny ::= "{"a" * 40}" root "c"',
        f'root ::= a? a "b" | "z"\na ::= "{"(" * 40}" root ")"',
        f'root ::= ("{"a" * 40}" root "b")* ("{"a" * 40}" root "c")* "d"',
        f'root ::= [^0-9] "{"a" * 40}" root "b" | [a-z] "{"a" * 40}" root "c" | "d"',
        f'root ::= term "+" root | term "-" root | term\n{TERMS}',
        'root ::= <[7]> root "b" | <[7]> root "c" | "d"',
        'root ::= start rest\nstart ::= "a" | "aa"\nrest ::= "ab" root "x" | "b" root "y"',
        'root ::= "ab" root root [ab] | [ab] | "ba"',
        'root ::= "if " root " else " root | "if " root | "x"',
    ],
)
def test_rule_that_leads_back_in_two_ways_that_begin_alike_is_refused(grammar: str) -> None:
    with pytest.raises(ValueError, match="two ways that begin alike"):
        checked_grammar(grammar)


@pytest.mark.parametrize(
    "grammar",
    [
        'root ::= ("x" "y")*',
        'root ::= "ab" root "x" | "ac" root "y" | "d"',
        'root ::= "a" root | "a" "b" root | "c"',
        f"root ::= term ([-+*/] term)*\n{TERMS}",
        'root ::= "[" (root ("," root)*)? "]" | [0-9]+',
        'root ::= stmt+\nstmt ::= "{" root "}" | [^{}]+ ";"',
        'root ::= [^ab] root "b" | [b] root "c" | "a"',
        f"root ::= element\nelement ::= {TAG} (element | [^<])* {END} | {EMPTY}\nname ::= [a-z]+",
        'root ::= ("<b>" inner* "</b>" | "<i>" inner* "</i>")\ninner ::= root | [^<]',
        'root ::= "(" root " " root ")" | "(|" [a-z] "." root ")" | [a-z]',
        'root ::= ("return " root | [a-z]+ "=" root) ";" | [a-z]+ ("==" root)?',
        'root ::= "(" root ("," root)* ")" | word\nword ::= '
        + " | ".join(f'"value {number}"' for number in range(300)),
    ],
)
def test_rule_whose_ways_back_begin_differently_goes_on_as_it_is(grammar: str) -> None:
    assert checked_grammar(grammar) == grammar
