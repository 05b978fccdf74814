"""Rules of a transfer: allowed moves, what a note may hold, how long a code is awaited. No queries."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

from transfers.p2p.errors import CategoryUnknown, NoteTooLong, StateConflict
from transfers.p2p.models import MOVES, Status
from wallet_project.lib import ids

if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from ledger.money import Money
    from transfers.p2p.models import Transfer

PURPOSE = "transfer"
"""The step-up purpose; stored on challenges."""

TRANSFERS_PREFIX = "trf"

TERMINAL = frozenset(status for status in Status if status not in MOVES)

CONFIRM_WITHIN = timedelta(minutes=15)
"""An unanswered step-up expires the transfer and releases its funds after this (architecture.md, Authority)."""

NOTE_LENGTH_MAX = 140

CATEGORIES = ("", "food", "housing", "transport", "shopping", "health", "leisure", "travel", "family", "gift", "other")

_KEPT_FORMAT_CHARACTERS = frozenset("\u200c\u200d")
"""Joiners carry meaning in Persian, Indic scripts and emoji; every other invisible or bidi control goes."""

_BREAKS = frozenset("\t\n\r\x0b\x0c\x85\u2028\u2029")


def require_move(before: str, after: Status) -> None:
    """Raises StateConflict unless the table of states.md allows ``before`` → ``after``."""
    if after not in MOVES.get(before, ()):
        raise StateConflict(status=str(before))


def require_waiting(transfer: Transfer) -> None:
    """Raises StateConflict unless the transfer waits for its sender's confirmation."""
    if transfer.status != Status.AWAITING_STEP_UP:
        raise StateConflict(status=str(transfer.status))


def clean_note(text: str) -> str:
    """The note as it is stored: NFC, one line, no control, bidi or unassigned characters.

    Raises NoteTooLong above 140 characters after cleaning. Why stripped, not shown: a bidi control can make a
    receipt read backwards, and a control character can break an export (security.md, Edge).
    """
    if len(text) > NOTE_LENGTH_MAX * 100:
        raise NoteTooLong({"note": "note_too_long"})
    spaced = "".join(" " if character in _BREAKS else character for character in text)
    kept = "".join(character for character in unicodedata.normalize("NFC", spaced) if _may_stay(character))
    note = " ".join(kept.split())
    if not any(character.isprintable() and not character.isspace() for character in note):
        return ""
    if len(note) > NOTE_LENGTH_MAX:
        raise NoteTooLong({"note": "note_too_long"})
    return note


def _may_stay(character: str) -> bool:
    """Categories Cc, Cf, Cs, Co, Cn go, except joiners."""
    return character in _KEPT_FORMAT_CHARACTERS or not unicodedata.category(character).startswith("C")


def require_category(category: str) -> str:
    """The category if it is one of ours, "" for none; else CategoryUnknown."""
    if category not in CATEGORIES:
        raise CategoryUnknown({"category": "choice_unknown"})
    return category


def fingerprint(*, payee_id: UUID, amount: Money, note: str, category: str) -> str:
    """SHA-256 of what the request asks for: the same key with another fingerprint is another request."""
    asked = [str(payee_id), amount.amount_minor, amount.currency, note, category]
    return hashlib.sha256(json.dumps(asked, separators=(",", ":")).encode()).hexdigest()


FEE_MINOR = 0
"""The sender's fee, on top of the amount: transfers between people are free."""


def public_id(transfer: Transfer) -> str:
    """``trf_…``: the address of its page, its id in the API and the reference people read to support."""
    return ids.public(TRANSFERS_PREFIX, transfer.pk)


def payload(transfer: Transfer) -> dict[str, Any]:
    """What the sender's confirmation is bound to (PSD2 RTS art. 5): payer, payee and shown name, amount, fee.

    The note is not part of it: it moves no money. Every value is a column the database refuses to change.
    """
    return {
        "payer": str(transfer.sender_id),
        "payee": ids.public("pye", transfer.payee_id),
        "person": str(transfer.receiver_id),
        "shown_name": transfer.payee_shown_name,
        "amount_minor": transfer.amount_minor,
        "currency": transfer.currency,
        "fee_minor": transfer.fee_minor,
    }
