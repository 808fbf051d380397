"""Puts the comment under a pull request, in the place of the one that is already there.

Uses the standard library only: the job that may write to pull requests installs nothing and runs
nothing that the pull request brings.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# The login that GITHUB_TOKEN writes as; a person may have quoted the marker.
AUTHOR: Final = "github-actions[bot]"
PAGE: Final = 100  # the most that GitHub gives at once
SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class PullRequest:
    """Where the comment goes, and with which token."""

    api: str
    repository: str
    number: int
    token: str


def post(body: str, to: PullRequest) -> str:
    """Write the comment, or write it again; the address of it. Its first line is the marker."""
    marker = body.splitlines()[0]
    comments = f"/repos/{to.repository}/issues/{to.number}/comments"
    for comment in _comments(to, comments):
        if comment["user"]["login"] == AUTHOR and comment["body"].startswith(marker):
            path = f"/repos/{to.repository}/issues/comments/{comment['id']}"
            return str(_call(to, "PATCH", path, {"body": body})["html_url"])
    return str(_call(to, "POST", comments, {"body": body})["html_url"])


def _comments(to: PullRequest, path: str) -> Iterator[dict[str, Any]]:
    page = 1
    while found := _call(to, "GET", f"{path}?per_page={PAGE}&page={page}"):
        yield from found
        page += 1


def _call(to: PullRequest, method: str, path: str, content: object = None) -> Any:
    request = urllib.request.Request(  # noqa: S310 - the address is GitHub's, from the runner
        f"{to.api}{path}",
        method=method,
        data=None if content is None else json.dumps(content).encode(),
        headers={
            "Authorization": f"Bearer {to.token}",
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - as above
        return json.load(answer)


def main() -> int:
    """`python3 delivery/post.py FILE`, with GitHub's own variables and PULL_REQUEST."""
    try:
        body = Path(sys.argv[1]).read_text(encoding="utf-8")
        to = PullRequest(
            api=os.environ["GITHUB_API_URL"],
            repository=os.environ["GITHUB_REPOSITORY"],
            number=int(os.environ["PULL_REQUEST"]),
            token=os.environ["GITHUB_TOKEN"],
        )
        print(post(body, to))
    except KeyError as missing:
        print(f"{missing}: got none; run this in GitHub Actions, or set it", file=sys.stderr)
        return 1
    except urllib.error.HTTPError as error:
        told = error.read().decode(errors="replace")
        print(
            f"GitHub's API: got {error.code} {told}; give the job `pull-requests: write`",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
