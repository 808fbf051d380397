"""What a person's browser may do with the endpoint."""

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field, Strict

from infra.sections.section import Problem, Section

ANY_ORIGIN: Final = "*"
Origin = Annotated[
    str,
    Field(
        pattern=r"^(\*|https?://([A-Za-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?)$",
        examples=["https://app.example.com"],
    ),
]


class BrowserSettings(Section):
    """What a person's browser may do with the endpoint."""

    cors_origins: Annotated[tuple[Origin, ...], Strict(False)] = Field(
        default=(),
        examples=["https://app.example.com"],
        description="Origins, like https://app.example.com, whose web pages may use REST from a "
        "browser; ['*'] for all. They send a key or token themselves, which their users can see.",
    )
    playground: bool = Field(
        default=False,
        description="true: a page at `/` (behind an API Gateway `/playground`) to chat with the "
        "model from, in a browser. The page is for everyone; answers need what all requests need.",
    )

    def problems(self) -> Iterator[Problem]:
        """All origins, or those listed."""
        if ANY_ORIGIN in self.cors_origins and len(self.cors_origins) > 1:
            listed = ", ".join(f"'{origin}'" for origin in self.cors_origins)
            yield Problem("cors_origins", f"got {listed}; list origins, or '*' alone, which is all")
