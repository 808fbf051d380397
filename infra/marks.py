"""The parts of documents that a verb of the Makefile writes, each between two marks."""


def with_part(document: str, part: str, content: str, *, verb: str = "manual") -> str:
    """The document with what is between the marks made anew. Raises ValueError without them."""
    begin, end = f"<!-- {part}: begin (make {verb}) -->", f"<!-- {part}: end -->"
    before, begun, rest = document.partition(begin)
    _, ended, after = rest.partition(end)
    if not begun or not ended:
        raise ValueError(f"the part {part}: got no mark {end if begun else begin}; put it back")
    return f"{before}{begin}\n{content}\n{end}{after}"
