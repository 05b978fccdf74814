"""Signing what the ledger is, so that nobody can change its past unseen, the owner of the database included."""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from django.conf import settings

from ledger import book, exports, selectors, signing, store
from ledger.errors import UnknownCheckpoint
from wallet_project.lib import db

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


def sign_checkpoint(*, at: datetime) -> signing.SignedCheckpoint:
    """Signs all balance heads up to a watermark below which every transaction is surely finished.

    W is ``pg_snapshot_xmin``: whatever is committed later has a number at or past it. Opens its own transaction. Two at
    once: the later raises OperationalError (40001) and may be tried again.
    """
    seed: bytes = settings.LEDGER_SIGNING_KEY
    with db.transaction():
        store.execute("SET LOCAL statement_timeout = 0")
        (watermark,) = store.fetch_one("SELECT pg_snapshot_xmin(pg_current_snapshot())::text", [])
        tree = signing.tree_of(selectors.leaves(int(watermark)))
        last = selectors.last_checkpoint()
        unsigned = signing.SignedCheckpoint(
            book=book.current(),
            no=1 if last is None else last.no + 1,
            watermark=int(watermark),
            count=tree.count,
            root=tree.root(),
            previous_root=None if last is None else last.root,
            created_at=at,
            key_id=signing.key_id(signing.public_key(seed)),
        )
        signed = replace(unsigned, signature=signing.sign(unsigned.message(), seed=seed))
        store.execute(
            "SELECT ledger_checkpoint_add(%s, %s, %s::text::xid8, %s::bigint, %s::bytea, %s::bytea, %s::timestamptz,"
            " %s, %s::bytea)",
            [
                signed.book,
                signed.no,
                str(signed.watermark),
                signed.count,
                signed.root,
                signed.previous_root,
                signed.created_at,
                signed.key_id,
                signed.signature,
            ],
        )
    return signed


def export_checkpoint(*, file: Path, no: int | None = None) -> tuple[signing.SignedCheckpoint, int]:
    """Writes a checkpoint (the newest, or this one) with its leaves to a file that is not there yet.

    The file appears whole or not at all. Returns the checkpoint and how many leaves it has. Opens its own transaction.
    Raises UnknownCheckpoint; FileExistsError, and what the system says when it cannot be written.
    """
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    with db.transaction():
        store.execute("SET LOCAL statement_timeout = 0")
        checkpoint = selectors.last_checkpoint() if no is None else selectors.checkpoint(no)
        if checkpoint is None:
            raise UnknownCheckpoint(no=no)
        try:
            with draft.open("x", encoding="ascii") as stream:
                count = exports.write(stream, checkpoint, selectors.leaves(checkpoint.watermark))
                stream.flush()
                os.fsync(stream.fileno())
            os.link(draft, file)  # as a rename, but never over another file
        finally:
            draft.unlink(missing_ok=True)
    return checkpoint, count
