"""Whether the trail is still what was signed. Reads only; finds faults, mends none."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO
from uuid import UUID

from django.conf import settings
from django.db import connection

from accounts.audit import selectors, signing
from ledger.signing import decoded_keys, public_key
from wallet_project.lib import db

if TYPE_CHECKING:
    from collections.abc import Iterator


class NotAnExport(ValueError):
    """The file is not an export of a checkpoint of the trail. The text names the line."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where: a checkpoint or one fact of it."""

    where: str
    found: str

    def __str__(self) -> str:
        return f"{self.where}: {self.found}"


def faults(*, since_no: int = 1) -> list[Fault]:
    """Checks the row of checkpoints, each signature, and each window's facts. Must be called outside a transaction.

    ``since_no`` leaves older windows out; the newest are what a nightly look has time for.
    """
    keys = our_keys()
    found = []
    with _reading():
        known = selectors.audit_checkpoints(since_no=since_no)
        before = selectors.audit_checkpoint(since_no - 1) if since_no > 1 else None
        for no, signed in enumerate(known, start=since_no):
            found += [Fault(f"checkpoint {signed.no}", words) for words in _faults_of(signed, no, before, keys)]
            before = signed
    return found


def faults_against(stream: TextIO) -> list[Fault]:
    """Compares the facts of an exported window with the database's: names each that was changed, deleted or added.

    Raises NotAnExport.
    """
    signed, exported = read_export(stream)
    if not signed.is_signed_by_one_of(our_keys()):
        return [Fault(f"checkpoint {signed.no}", "none of our keys signed this export")]
    if signing.root_of(signing.Leaf(*one) for one in exported.items()) != (signed.count, signed.root):
        return [Fault(f"checkpoint {signed.no}", "the export's lines do not have the root that was signed")]
    found = []
    with _reading():
        for leaf in selectors.leaves_of(signed.from_xid, signed.watermark):
            was = exported.pop(leaf.event_id, None)
            if was is None:
                found.append(Fault(f"event {leaf.event_id}", "was added after the signature"))
            elif was != leaf.hash:
                found.append(Fault(f"event {leaf.event_id}", "was changed after the signature"))
    return found + [Fault(f"event {gone}", "is gone") for gone in exported]


def write_export(stream: TextIO, signed: signing.TrailCheckpoint) -> int:
    """Writes a checkpoint and a line per fact (its id and its leaf's hash); returns how many facts."""
    stream.write(json.dumps(signed.as_json(), sort_keys=True) + "\n")
    written = 0
    with _reading():
        for leaf in selectors.leaves_of(signed.from_xid, signed.watermark):
            stream.write(f"{leaf.event_id} {leaf.hash.hex()}\n")
            written += 1
    return written


def read_export(stream: TextIO) -> tuple[signing.TrailCheckpoint, dict[UUID, bytes]]:
    """What ``write_export`` wrote. Raises NotAnExport."""
    try:
        signed = signing.TrailCheckpoint.from_json(json.loads(stream.readline()))
    except (ValueError, KeyError, TypeError) as error:
        raise NotAnExport("line 1 is not a checkpoint of the trail") from error
    lines: dict[UUID, bytes] = {}
    for number, line in enumerate(stream, start=2):
        event_id, _, leaf = line.strip().partition(" ")
        try:
            lines[UUID(event_id)] = bytes.fromhex(leaf)
        except ValueError as error:
            raise NotAnExport(f"line {number} is not a fact") from error
    return signed, lines


def our_keys() -> list[bytes]:
    """The public key that signs now, and those that did before a rotation."""
    return [public_key(settings.LEDGER_SIGNING_KEY), *decoded_keys(settings.LEDGER_FORMER_KEYS)]


def _faults_of(
    signed: signing.TrailCheckpoint, no: int, before: signing.TrailCheckpoint | None, keys: list[bytes]
) -> Iterator[str]:
    last_root, last_watermark = (before.root, before.watermark) if before else (None, 0)
    if (signed.no, signed.from_xid, signed.previous_root) != (no, last_watermark, last_root):
        yield "it does not follow the one before it"
    if not signed.is_signed_by_one_of(keys):
        yield "none of our keys signed this"
    count, root = signing.root_of(selectors.leaves_of(signed.from_xid, signed.watermark))
    if count != signed.count:
        yield f"{signed.count} facts were signed, {count} are there"
    elif root != signed.root:
        yield "a fact was changed: compare with the export of this checkpoint"


@contextmanager
def _reading() -> Iterator[None]:
    """A transaction that may take its time."""
    with db.transaction_if_not_already(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield
