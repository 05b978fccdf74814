"""Signing what the ledger is, so that nobody can change its past unseen, the owner of the database included."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.conf import settings

from ledger import book, selectors, signing, store
from wallet_project.lib import db

if TYPE_CHECKING:
    from datetime import datetime


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
