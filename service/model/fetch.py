"""Brings weights from S3 or over HTTPS into a file, which exists only once it is verified."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal, NoReturn

import aiohttp

from service.model.digest import check_digest
from service.model.errors import ModelError

CONNECT_SECONDS = 10
SILENCE_SECONDS = 30  # a connection that gives nothing for so long is given up
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
BLOCK_BYTES = 1 << 20
SIGNED_SECONDS = 300  # to begin a download; a running one goes on
# No later try can change these. 403 is not among them: a new role's permissions take seconds to
# reach S3, which also answers 403 for a missing object to who may not list the bucket.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
FINAL_STATUSES = frozenset({301, 400, 401, 404, 405, 410})

Progress = Callable[[int, int | None], None]

log = logging.getLogger("service.model")


def is_remote(source: str) -> bool:
    return source.startswith(("s3://", "https://"))


async def fetch(
    source: str,
    target: Path,
    *,
    sha256: str | None,
    within_seconds: float,
    retry_seconds: float | None = None,
    on_progress: Progress = lambda done, total: None,
) -> str:
    """The SHA-256 of what `target` then holds.

    What fails on the way is tried again with growing pauses for `retry_seconds`, by default as long
    as the whole may take. Raises ModelError when time is up, and at once where the content is not
    that of `sha256`.
    """
    now = asyncio.get_running_loop().time()
    deadline = now + within_seconds
    last_try = now + min(within_seconds, retry_seconds or within_seconds)
    part = target.with_name(f"{target.name}.part")
    pauses = growing_pauses()
    try:
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    got = await download(await address(source), part, on_progress=on_progress)
                break
            except (aiohttp.ClientError, OSError) as failed:  # TimeoutError is an OSError
                await wait_or_give_up(source, failed, next(pauses), last_try=last_try)
        check_digest(source, got, wanted=sha256)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return got


def growing_pauses() -> Iterator[float]:
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


async def wait_or_give_up(source: str, failed: Exception, pause: float, *, last_try: float) -> None:
    reason = reason_of(failed)
    if asyncio.get_running_loop().time() + pause >= last_try:
        raise ModelError(
            f"{source}: could not be fetched in time; the last try ended with: {reason}; see that "
            "it is there, that this role may read it, and that the network reaches it"
        ) from failed
    log.warning("model not fetched; trying again", extra={"reason": reason, "pause": pause})
    await asyncio.sleep(pause)


def reason_of(failed: Exception) -> str:
    """Without the address, whose signature must not be logged."""
    if isinstance(failed, aiohttp.ClientResponseError):
        return f"HTTP status {failed.status}"
    if isinstance(failed, TimeoutError):
        return f"nothing arrived for {SILENCE_SECONDS} s, or time was up"
    return str(failed) or type(failed).__name__


async def address(source: str) -> str:
    """What to ask over HTTP: the address itself, or S3's for the object, signed by our role."""
    if not source.startswith("s3://"):
        return source
    return await asyncio.to_thread(signed_address, source)


def signed_address(source: str) -> str:
    """Blocks while it asks for credentials. Raises OSError where there are none yet."""
    import boto3  # here, because only S3 needs it and it takes a third of a second
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    bucket, _, key = source.removeprefix("s3://").partition("/")
    try:
        client = boto3.client(
            "s3",
            # ECS says the region so; botocore reads AWS_DEFAULT_REGION only.
            region_name=os.environ.get("AWS_REGION"),
            config=Config(signature_version="s3v4", s3={"addressing_style": addressing()}),
        )
        signed: str = client.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=SIGNED_SECONDS
        )
    except BotoCoreError as failed:
        raise OSError(str(failed)) from failed
    return signed


def addressing() -> Literal["path", "virtual"]:
    """How a bucket is addressed: in AWS by a host of its own, elsewhere by a path.

    Left to itself botocore signs for a host without the region. It redirects to the region's for a
    bucket that is new, and the signature is void there (boto3#4768, community.aws#637).
    """
    elsewhere = {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"} & os.environ.keys()
    return "path" if elsewhere else "virtual"


async def download(url: str, part: Path, *, on_progress: Progress) -> str:
    """Writes the answer's body to `part`; its SHA-256. A short body is an error."""
    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS
    )
    stored = {"Accept-Encoding": "identity"}  # the hash is of the bytes as they are stored
    async with (
        aiohttp.ClientSession(timeout=timeout, headers=stored, trust_env=True) as session,
        session.get(url) as answer,
    ):
        check_answer(url, answer)
        return await receive(answer, part, on_progress=on_progress)


async def receive(answer: aiohttp.ClientResponse, part: Path, *, on_progress: Progress) -> str:
    digest, done = hashlib.sha256(), 0
    with part.open("wb") as file:
        async for block in answer.content.iter_chunked(BLOCK_BYTES):
            # In a thread, so that a slow disk never keeps liveness from answering.
            await asyncio.to_thread(keep, block, file, digest)
            done += len(block)
            on_progress(done, answer.content_length)
    return digest.hexdigest()


def keep(block: bytes, file: BinaryIO, digest: hashlib._Hash) -> None:
    digest.update(block)
    try:
        file.write(block)
    except OSError as full:
        refuse(f"{file.name}: could not be written: {full}; give the disk more room")


def check_answer(url: str, answer: aiohttp.ClientResponse) -> None:
    """Raises ModelError where no later try can help, ClientResponseError where one can."""
    if url.startswith("https://") and answer.url.scheme != "https":
        refuse(f"{url}: leads to {answer.url.scheme}; name an address that stays on https")
    if answer.status in FINAL_STATUSES:
        place = url.partition("?")[0]
        refuse(f"{place}: got HTTP status {answer.status}; see that the file is there")
    answer.raise_for_status()


def refuse(sentence: str) -> NoReturn:
    raise ModelError(sentence)
