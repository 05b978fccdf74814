"""What the ledger promises, in plain Python without a database: the model that the state machine compares with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledger.errors import (
    AccountClosed,
    AccountFrozen,
    AccountNotEmpty,
    CaptureExceedsHold,
    CaptureMismatch,
    CeilingExceeded,
    HoldNotOpen,
    InsufficientFunds,
    LedgerError,
    LimitsRefused,
)

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from ledger.entries import EntryDraft

Refusal = type[LedgerError]


@dataclass
class ModelHold:
    """Money set aside. ``ends`` None never lapses."""

    account: int
    amount: int
    left: int
    ends: datetime | None
    captured: int = 0
    state: str = "OPEN"

    def over(self, at: datetime) -> bool:
        return self.state != "OPEN" or (self.ends is not None and self.ends <= at)

    def give_back(self, amount: int, kind: str) -> None:
        self.left -= amount
        if self.left == 0:
            self.state = "CAPTURED" if self.captured else kind

    def take(self, amount: int) -> None:
        self.left -= amount
        self.captured += amount
        if self.left == 0:
            self.state = "CAPTURED"


@dataclass
class ModelAccount:
    """One account, all stripes together."""

    posted: int = 0
    held: int = 0
    floor: int | None = 0
    ceiling: int | None = None
    no_debit: bool = False
    no_credit: bool = False
    closed: bool = False


@dataclass
class Model:
    """All accounts by their ids, all holds by theirs."""

    accounts: dict[int, ModelAccount] = field(default_factory=dict)
    holds: dict[UUID, ModelHold] = field(default_factory=dict)

    def lapse(self, account: int, at: datetime) -> None:
        """Ends what has lapsed on an account."""
        for hold in self.holds.values():
            if hold.account == account and hold.state == "OPEN" and hold.over(at):
                self.accounts[account].held -= hold.left
                hold.give_back(hold.left, "EXPIRED")

    def entry(
        self,
        draft: EntryDraft,
        at: datetime,
        *,
        despite: bool = False,
        hold_id: UUID | None = None,
        part: int | None = None,
    ) -> Refusal | None:
        """Posts (and captures) or says why not; then nothing but a lapse that stays must have changed: use a copy."""
        legs = sorted(enumerate(draft.legs), key=lambda leg: (leg[1].account_id, leg[1].amount_minor < 0, leg[0]))
        hold = None if hold_id is None else self.holds[hold_id]
        covered = 0
        if hold is not None:
            net = -sum(leg.amount_minor for leg in draft.legs if leg.account_id == hold.account)
            covered = net if part is None else part
            if covered <= 0 or covered > net:
                return CaptureMismatch
        for _, leg in legs:
            cover = covered if hold is not None and leg.account_id == hold.account and leg.amount_minor < 0 else 0
            if cover and hold is not None:
                covered = 0
                if hold.over(at):
                    return HoldNotOpen
                if cover > hold.left:
                    return CaptureExceedsHold
            refused = self.leg(leg.account_id, leg.amount_minor, cover, at, despite=despite)
            if refused is not None:
                return refused
            if cover and hold is not None:
                hold.take(cover)
        return None

    def leg(self, account_id: int, amount: int, cover: int, at: datetime, *, despite: bool) -> Refusal | None:
        account = self.accounts[account_id]
        if account.closed:
            return AccountClosed
        if not despite and (account.no_debit if amount < 0 else account.no_credit):
            return AccountFrozen
        if account.ceiling is not None and account.posted + amount > account.ceiling:
            return CeilingExceeded
        if self.short(account, amount + cover):
            self.lapse(account_id, at)
            if self.short(account, amount + cover):
                return InsufficientFunds
        account.posted += amount
        account.held -= cover
        return None

    @staticmethod
    def short(account: ModelAccount, change: int) -> bool:
        return account.floor is not None and account.posted - account.held + change < account.floor

    def place(
        self, hold_id: UUID, account_id: int, amount: int, ends: datetime | None, at: datetime, *, despite: bool = False
    ) -> Refusal | None:
        account = self.accounts[account_id]
        if account.closed:
            return AccountClosed
        if account.no_debit and not despite:
            return AccountFrozen
        if self.short(account, -amount):
            self.lapse(account_id, at)
            if self.short(account, -amount):
                return InsufficientFunds
        account.held += amount
        self.holds[hold_id] = ModelHold(account_id, amount, amount, ends)
        return None

    def release(self, hold_id: UUID, part: int | None, at: datetime) -> Refusal | None:
        hold = self.holds[hold_id]
        if part is None and hold.state in ("RELEASED", "EXPIRED"):
            return None
        if hold.state != "OPEN":
            return HoldNotOpen
        amount = hold.left if part is None else part
        if amount > hold.left:
            return CaptureExceedsHold
        self.accounts[hold.account].held -= amount
        hold.give_back(amount, "RELEASED")
        return None

    def extend(self, hold_id: UUID, ends: datetime, at: datetime) -> Refusal | None:
        hold = self.holds[hold_id]
        if hold.over(at):
            return HoldNotOpen
        if hold.ends is not None and hold.ends < ends:
            hold.ends = ends
        return None

    def limit(self, account_id: int, floor: int | None, ceiling: int | None) -> Refusal | None:
        account = self.accounts[account_id]
        if floor is not None and account.posted - account.held < floor:
            return LimitsRefused
        if ceiling is not None and account.posted > ceiling:
            return LimitsRefused
        account.floor, account.ceiling = floor, ceiling
        return None

    def close(self, account_id: int, at: datetime) -> Refusal | None:
        account = self.accounts[account_id]
        if account.closed:
            return None
        self.lapse(account_id, at)
        if account.posted or account.held:
            return AccountNotEmpty
        account.closed = True
        return None
