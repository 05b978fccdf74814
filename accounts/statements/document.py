"""The one document behind every face of a statement: what is in it, and that it adds up. Pure.

Lines come one after the other, so that a long history needs no more memory than a short one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime


class DoesNotAddUp(RuntimeError):
    """A defect: the lines between two balances do not lead from one to the other."""


@dataclass(frozen=True, slots=True)
class Line:
    """One posted entry. ``booked_at`` and ``effective_at`` are in the person's zone; amounts are minor units.

    ``amount_minor`` is what the wallet's balance changed by, ``fee_minor`` (signed alike) is the part of it that is
    our fee. ``counterparty`` is masked, as the person saw it at the time.
    """

    booked_at: datetime
    effective_at: datetime
    what: str
    counterparty: str
    note: str
    reference: str
    amount_minor: int
    fee_minor: int
    balance_minor: int

    @property
    def in_minor(self) -> int:
        """Money in, or 0."""
        return max(self.amount_minor, 0)

    @property
    def out_minor(self) -> int:
        """Money out, without sign, or 0."""
        return max(-self.amount_minor, 0)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something not booked yet when the statement was made. Listed apart, part of no sum."""

    asked_at: datetime
    what: str
    counterparty: str
    state: str
    reference: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Head:
    """Whose statement of which wallet and days, and the balance at both ends (minor units)."""

    statement_id: str
    holder: str
    wallet_id: str
    currency: str
    first_day: date
    last_day: date
    time_zone: str
    language: str
    made_at: datetime
    cut_off_at: datetime
    is_complete: bool
    opening_minor: int
    closing_minor: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What the lines come to. ``fees_minor`` is what was paid in fees less what came back of them."""

    entries: int
    in_minor: int
    out_minor: int
    fees_minor: int


@dataclass(frozen=True, slots=True)
class Document:
    """Opening, every entry once, closing; and apart from them what waits and what is reserved."""

    head: Head
    lines: Iterable[Line]
    waiting: tuple[Waiting, ...] = ()
    reserved: tuple[str, ...] = ()


class Tally:
    """Passes lines on and adds them up. Each face goes through one, so none can show another sum."""

    def __init__(self, document: Document) -> None:
        self._head = document.head
        self._lines = document.lines
        self.totals = Totals(0, 0, 0, 0)

    def __iter__(self) -> Iterator[Line]:
        """The lines. Raises DoesNotAddUp where a balance does not follow, at the latest behind the last one."""
        balance = self._head.opening_minor
        entries = into = out = fees = 0
        for line in self._lines:
            balance += line.amount_minor
            if balance != line.balance_minor:
                raise DoesNotAddUp(self._head.statement_id, line.reference)
            entries += 1
            into += line.in_minor
            out += line.out_minor
            fees -= line.fee_minor
            yield line
        if balance != self._head.closing_minor:
            raise DoesNotAddUp(self._head.statement_id)
        self.totals = Totals(entries, into, out, fees)
