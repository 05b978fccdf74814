"""An entry before it is posted: balanced legs and what they are for. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ledger.errors import (
    CrossCurrencyEntry,
    CurrencyMismatch,
    EntryTooLarge,
    OneLeggedEntry,
    UnbalancedEntry,
    ZeroLeg,
)
from ledger.money import Money, require_minor
from wallet_project.lib import ids

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

LEGS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Leg:
    """One line: credit-positive minor units on one account. A person's wallet is credited with a positive amount."""

    account_id: int
    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if require_minor(self.amount_minor) == 0:
            raise ZeroLeg(account_id=self.account_id)


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """What shall be posted, once, under ``intent_id`` and ``step``.

    ``effective_at`` is the caller's ``at``. ``actor`` says who or what did it ("user:…", "stripe"). ``details`` are
    ids, amounts and codes: whole numbers, text, lists and mappings of them; never personal data. ``reverses`` names
    the entry this one takes back. Raises UnbalancedEntry unless the legs add up to zero in each currency
    (CrossCurrencyEntry, OneLeggedEntry are kinds of it), EntryTooLarge above LEGS_MAX legs.
    """

    intent_id: UUID
    step: str
    kind: str
    legs: tuple[Leg, ...]
    effective_at: datetime
    actor: str
    reference: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    reverses: UUID | None = None
    entry_id: UUID = field(init=False, repr=False, compare=False)
    """The id of the entry, and its idempotency key."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "entry_id", ids.derive(self.intent_id, self.step))
        if not self.kind or not self.step:
            raise ValueError("An entry has a kind and a step.")
        if self.effective_at.tzinfo is None:
            raise ValueError("effective_at needs a time zone.")
        if len(self.legs) < 2:
            raise OneLeggedEntry(entry_id=str(self.entry_id))
        if len(self.legs) > LEGS_MAX:
            raise EntryTooLarge(entry_id=str(self.entry_id), legs=len(self.legs), legs_max=LEGS_MAX)
        totals: defaultdict[str, int] = defaultdict(int)
        for leg in self.legs:
            totals[leg.currency] += leg.amount_minor
        refusal = CrossCurrencyEntry if len(totals) > 1 else UnbalancedEntry
        for currency, total in totals.items():
            if total != 0:
                raise refusal(entry_id=str(self.entry_id), currency=currency, difference_minor=total)

    @property
    def request_hash(self) -> bytes:
        """SHA-256 of what the entry does: kind, legs, reverses, reference, details.

        Not of when and by whom: a retry comes later, perhaps from another worker, and is still the same entry.
        """
        body = {
            "details": self.details,
            "kind": self.kind,
            "legs": [[leg.account_id, leg.amount_minor, leg.currency] for leg in self.legs],
            "reference": self.reference,
            "reverses": None if self.reverses is None else str(self.reverses),
        }
        return hashlib.sha256(canonical_json(body).encode()).digest()


@dataclass(frozen=True, slots=True)
class Capture:
    """An entry that pays out (part of) a hold. ``amount`` None: all that the entry takes from the hold's account."""

    hold_id: UUID
    draft: EntryDraft
    amount: Money | None = None

    def __post_init__(self) -> None:
        if self.amount is None:
            return
        if self.amount.amount_minor <= 0:
            raise ValueError("A capture is above zero.")
        if self.amount.currency not in {leg.currency for leg in self.draft.legs}:
            raise CurrencyMismatch(hold_id=str(self.hold_id), currency=self.amount.currency)


def canonical_json(value: Any) -> str:
    """One spelling per value: sorted keys, no spaces. TypeError for floats and anything else that is not plain."""
    return _CANONICAL.encode(_plain(value))


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_PLAIN = frozenset({int, str, bool, type(None)})


def _plain(value: Any) -> Any:
    if type(value) in _PLAIN or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("Keys of details are text.")
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(inner) for inner in value]
    raise TypeError(f"Details hold whole numbers, text, lists and mappings, not {type(value).__name__}.")
