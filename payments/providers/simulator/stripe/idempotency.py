"""`Idempotency-Key`: one key, one request, one answer, for a day.

An answer is remembered once the work began: also a refusal by the object's state, but not a malformed request.
"""

import hashlib
import json
from typing import NamedTuple

from payments.providers.simulator.store import Json
from payments.providers.simulator.stripe.wire import ApiError
from payments.providers.simulator.world import World

KEPT_SECONDS = 24 * 3600
LONGEST_KEY = 255


class Replay(NamedTuple):
    """The answer the key already has, and the request that earned it."""

    status: int
    body: Json
    request_id: str


def begin(world: World, key: str, path: str, body: str, request_id: str) -> Replay | None:
    """Take the key for this request, or give the answer it already has.

    Raises ApiError: 400 when the key was used for something else, 409 while its first request is under way.
    """
    if len(key) > LONGEST_KEY:
        raise ApiError("Idempotency keys can be at most 255 characters long.", kind="idempotency_error")
    fingerprint = hashlib.sha256(f"{path}\n{body}".encode()).hexdigest()
    with world.store.transaction():
        world.store.execute(
            "DELETE FROM idempotency WHERE created < ? AND status IS NOT NULL", (world.now() - KEPT_SECONDS,)
        )
        rows = world.store.query("SELECT * FROM idempotency WHERE key = ?", (key,))
        if not rows:
            world.store.execute(
                "INSERT INTO idempotency (key, fingerprint, path, created, request_id) VALUES (?, ?, ?, ?, ?)",
                (key, fingerprint, path, world.now(), request_id),
            )
            return None
    earlier = rows[0]
    if earlier["fingerprint"] != fingerprint:
        what = (
            f"the same endpoint they were first used for ('{earlier['path']}' vs '{path}')"
            if earlier["path"] != path
            else "the same parameters they were first used with"
        )
        raise ApiError(
            f"Keys for idempotent requests can only be used with {what}."
            f" Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    if earlier["status"] is None:
        raise ApiError(
            f"There is currently another in-progress request using this Idempotent Key: {key}.",
            status=409,
            kind="idempotency_error",
            code="idempotency_key_in_use",
        )
    return Replay(earlier["status"], json.loads(earlier["body"]), earlier["request_id"])


def finish(world: World, key: str, status: int, body: Json) -> None:
    """Remember the answer; in the transaction of the work it answers for."""
    world.store.execute("UPDATE idempotency SET status = ?, body = ? WHERE key = ?", (status, json.dumps(body), key))


def forget(world: World, key: str) -> None:
    """The request was refused before any work began: the key is free again."""
    world.store.execute("DELETE FROM idempotency WHERE key = ? AND status IS NULL", (key,))
