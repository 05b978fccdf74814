"""Random lives of a few accounts against a plain dictionary: after every step the ledger and the model agree."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from ledger import integrity, selectors, services
from ledger.entries import EntryDraft
from ledger.errors import (
    AccountFrozen,
    AlreadyReversed,
    CaptureExceedsHold,
    CeilingExceeded,
    EntryIdReused,
    HoldNotOpen,
    InsufficientFunds,
    LedgerError,
)
from ledger.money import Money
from tests.factories.ledger import AT, amounts, clearing, draft, wallet
from wallet_project.lib import db, ids

CEILING = 4_000
MINOR = st.sampled_from([1, 400, 1_000, 2_500])
MINUTES = st.sampled_from([1, 15, 60])
WHO = st.integers(0, 2)


class Ledger(RuleBasedStateMachine):
    """``posted`` and ``holds`` are the whole model; person 2 has a ceiling."""

    posts = Bundle("posts")
    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = AT
        self.posted: list[int] = []
        self.frozen = [False, False, False]
        self.held: dict[UUID, dict[str, Any]] = {}
        self.reversed: set[UUID] = set()

    def teardown(self) -> None:
        """The books of this life are right at its end."""
        for account_id in getattr(self, "accounts", []):
            assert integrity.check(account_id=account_id) == []

    @initialize()
    def people(self) -> None:
        self.accounts = [wallet(minor=2_000).id, wallet(minor=2_000).id, wallet(minor=2_000, ceiling_minor=CEILING).id]
        self.posted = [2_000, 2_000, 2_000]

    def lapse(self, who: int) -> None:
        """What a payment of this person finds lapsed is over."""
        for hold in self.held.values():
            if hold["who"] == who and hold["ends"] <= self.now:
                hold["left"] = 0

    def reserved(self, who: int, *, running: bool) -> int:
        return sum(
            hold["left"]
            for hold in self.held.values()
            if hold["who"] == who and (not running or hold["ends"] > self.now)
        )

    def refusal(self, source: int | None, target: int | None, minor: int) -> type[LedgerError] | None:
        """Which refusal a movement must meet. Balances are asked in the order of their accounts."""
        found: dict[int, type[LedgerError]] = {}
        if source is not None:
            if self.frozen[source]:
                found[source] = AccountFrozen
            elif self.posted[source] - self.reserved(source, running=True) < minor:
                found[source] = InsufficientFunds
        if target == 2 and self.posted[2] + minor > CEILING:
            found[2] = CeilingExceeded
        return found[min(found)] if found else None

    def act(self, refusal: type[LedgerError] | None, action: Any) -> Any:
        before = amounts(*self.accounts)
        if refusal is None:
            with db.transaction():
                return action()
        with pytest.raises(LedgerError) as refused, db.transaction():
            action()
        assert type(refused.value) is refusal
        assert amounts(*self.accounts) == before
        return None

    def moved(self, source: int | None, target: int | None, minor: int) -> None:
        if source is not None:
            self.posted[source] -= minor
        if target is not None:
            self.posted[target] += minor

    def draft(self, source: int | None, target: int | None, minor: int) -> EntryDraft:
        ends = [clearing() if who is None else self.accounts[who] for who in (source, target)]
        return draft(ends[0], ends[1], minor, effective_at=self.now)

    @rule(target=posts, who=WHO, minor=MINOR)
    def top_up(self, who: int, minor: int) -> Any:
        entry = self.draft(None, who, minor)
        refusal = self.refusal(None, who, minor)
        self.act(refusal, lambda: services.post(entry))
        if refusal is None:
            self.moved(None, who, minor)
        return (entry, None, who, minor, refusal is None)

    @rule(target=posts, source=WHO, step=st.integers(1, 2), minor=MINOR)
    def send(self, source: int, step: int, minor: int) -> Any:
        target = (source + step) % 3
        entry = self.draft(source, target, minor)
        refusal = self.refusal(source, target, minor)
        self.act(refusal, lambda: services.post(entry))
        if refusal is None:
            self.moved(source, target, minor)
        return (entry, source, target, minor, refusal is None)

    @rule(source=WHO, step=st.integers(1, 2), more=st.integers(0, 1))
    def send_all(self, source: int, step: int, more: int) -> None:
        """All that is available is sent, and not one cent more."""
        minor = self.posted[source] - self.reserved(source, running=True) + more
        if minor:
            target = (source + step) % 3
            refusal = self.refusal(source, target, minor)
            entry = self.draft(source, target, minor)
            self.act(refusal, lambda: services.post(entry))
            if refusal is None:
                self.moved(source, target, minor)

    @rule(past=posts, other=st.booleans())
    def again(self, past: Any, other: bool) -> None:
        entry, _, _, minor, went = past
        if not went:
            return
        if other:
            changed = draft(entry.legs[0].account_id, entry.legs[1].account_id, minor + 1, intent=entry.intent_id)
            self.act(EntryIdReused, lambda: services.post(changed))
        else:
            assert self.act(None, lambda: services.post(entry)).replayed is True

    @rule(past=posts)
    def reverse(self, past: Any) -> None:
        entry, source, target, minor, went = past
        if not went:
            return
        refusal = AlreadyReversed if entry.entry_id in self.reversed else self.refusal(target, source, minor)
        self.act(
            refusal,
            lambda: services.reverse(
                entry_id=entry.entry_id, intent_id=ids.uuid7(), step="undo", at=self.now, actor="staff:1"
            ),
        )
        if refusal is None:
            self.moved(target, source, minor)
            self.reversed.add(entry.entry_id)

    @rule(target=holds, who=WHO, minor=MINOR, minutes=MINUTES)
    def hold(self, who: int, minor: int, minutes: int) -> UUID:
        hold_id, ends = ids.uuid7(), self.now + timedelta(minutes=minutes)
        refusal = self.refusal(who, None, minor)
        self.act(
            refusal,
            lambda: services.place_hold(
                hold_id=hold_id, account_id=self.accounts[who], amount=Money(minor, "EUR"), reason="TRANSFER",
                expires_at=ends, at=self.now,
            ),
        )  # fmt: skip
        if refusal is None:
            self.held[hold_id] = {"who": who, "left": minor, "ends": ends}
        return hold_id

    @rule(hold_id=holds, step=st.integers(1, 2), minor=MINOR)
    def capture(self, hold_id: UUID, step: int, minor: int) -> None:
        if hold_id not in self.held:
            return
        hold = self.held[hold_id]
        source, target = hold["who"], (hold["who"] + step) % 3
        found: dict[int, type[LedgerError]] = {}
        if hold["left"] == 0 or hold["ends"] <= self.now:
            found[source] = HoldNotOpen
        elif minor > hold["left"]:
            found[source] = CaptureExceedsHold
        elif self.frozen[source]:
            found[source] = AccountFrozen
        if target == 2 and self.posted[2] + minor > CEILING:
            found[2] = CeilingExceeded
        refusal = found[min(found)] if found else None
        entry = self.draft(source, target, minor)
        self.act(refusal, lambda: services.capture_hold(hold_id=hold_id, draft=entry, at=self.now))
        if refusal is not None:
            return
        hold["left"] -= minor
        self.moved(source, target, minor)

    @rule(hold_id=consumes(holds))
    def release(self, hold_id: UUID) -> None:
        if hold_id not in self.held:
            return
        captured = selectors.hold(hold_id).state == "CAPTURED"
        self.act(HoldNotOpen if captured else None, lambda: services.release_hold(hold_id=hold_id, at=self.now))
        self.held[hold_id]["left"] = 0

    @rule(minutes=MINUTES, sweep=st.integers(0, 3).map(lambda n: n == 0))
    def time_passes(self, minutes: int, sweep: bool) -> None:
        self.now += timedelta(minutes=minutes)
        if sweep:
            services.expire_holds(at=self.now)
            for who in range(3):
                self.lapse(who)

    @rule(who=WHO, frozen=st.booleans())
    def freeze(self, who: int, frozen: bool) -> None:
        change = services.freeze if frozen else services.unfreeze
        change(account_id=self.accounts[who], debit=True, credit=False, at=self.now)
        self.frozen[who] = frozen

    @invariant()
    def agree(self) -> None:
        if not hasattr(self, "accounts"):
            return
        real = amounts(*self.accounts)
        assert [posted for posted, _ in real] == self.posted
        for who, (posted, held) in enumerate(real):
            assert self.reserved(who, running=True) <= held <= self.reserved(who, running=False)
            assert posted - held >= 0
        assert self.posted[2] <= CEILING


@pytest.mark.django_db
def test_any_life_agrees_with_the_model() -> None:
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=20,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
