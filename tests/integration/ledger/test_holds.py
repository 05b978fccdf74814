"""Holds: money set aside, captured, given back, lapsed. What is available never dips in between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from ledger import selectors, services
from ledger.errors import (
    AccountFrozen,
    CaptureExceedsHold,
    CaptureMismatch,
    CurrencyMismatch,
    HoldIdReused,
    HoldNotOpen,
    InsufficientFunds,
    UnknownAccount,
    UnknownHold,
)
from ledger.facts import HoldView
from ledger.models import Hold, HoldEvent
from ledger.money import Money
from tests.factories.ledger import AT, amounts, clearing, draft, post, wallet
from wallet_project.lib import db, ids

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=15)


def place(account_id: int, minor: int, **options: Any) -> HoldView:
    given = {"hold_id": ids.uuid7(), "reason": "TRANSFER", "expires_at": LATER, "at": AT} | options
    with db.transaction():
        return services.place_hold(account_id=account_id, amount=Money(minor, "EUR"), **given)


def capture(hold: HoldView, draft_: Any, minor: int | None = None, **options: Any) -> Any:
    amount = None if minor is None else Money(minor, "EUR")
    with db.transaction():
        return services.capture_hold(hold_id=hold.id, draft=draft_, amount=amount, at=options.pop("at", AT), **options)


def events(hold_id: UUID) -> list[tuple[str, int]]:
    return list(HoldEvent.objects.filter(hold=hold_id).order_by("no").values_list("kind", "amount"))


class TestPlace:
    def test_takes_from_what_is_available(self) -> None:
        alice = wallet(minor=1000)
        hold = place(alice.id, 300)
        assert amounts(alice.id) == [(1000, 300)]
        assert (hold.state, hold.amount, hold.remaining_minor, hold.expires_at) == (
            "OPEN",
            Money(300, "EUR"),
            300,
            LATER,
        )
        assert events(hold.id) == [("PLACED", 300)]

    def test_the_same_hold_again_is_the_same_hold(self) -> None:
        alice = wallet(minor=1000)
        hold = place(alice.id, 300)
        assert place(alice.id, 300, hold_id=hold.id, expires_at=None, at=AT + timedelta(seconds=9)) == hold
        assert amounts(alice.id) == [(1000, 300)]

    @pytest.mark.parametrize("change", [{"minor": 301}, {"reason": "MATURING"}, {"destination_account_id": 5}])
    def test_another_body_under_the_same_id_is_refused(self, change: dict[str, Any]) -> None:
        alice = wallet(minor=1000)
        hold = place(alice.id, 300)
        with pytest.raises(HoldIdReused):
            place(alice.id, **({"minor": 300, "hold_id": hold.id} | change))
        assert amounts(alice.id) == [(1000, 300)]

    def test_not_more_than_is_available(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        place(alice.id, 600)
        with pytest.raises(InsufficientFunds) as refusal:
            place(alice.id, 401)
        assert (refusal.value.params["needed_minor"], refusal.value.params["available_minor"]) == (401, 400)
        with pytest.raises(InsufficientFunds):
            post(alice.id, bob.id, 401)
        assert amounts(alice.id, bob.id) == [(1000, 600), (0, 0)]
        assert Hold.objects.filter(account=alice.id).count() == 1

    def test_not_on_a_frozen_account_unless_told(self) -> None:
        alice = wallet(minor=1000)
        services.freeze(account_id=alice.id, debit=True, credit=False, at=AT)
        with pytest.raises(AccountFrozen):
            place(alice.id, 1)
        assert amounts(alice.id) == [(1000, 0)]
        place(alice.id, 1, despite_freeze=True)
        assert amounts(alice.id) == [(1000, 1)]

    def test_not_in_another_currency_nor_on_nothing(self) -> None:
        dollars = wallet(currency="USD")
        with pytest.raises(CurrencyMismatch):
            place(dollars.id, 1)
        with pytest.raises(UnknownAccount):
            place(2**39, 1)

    @pytest.mark.parametrize(("minor", "expires_at"), [(0, LATER), (-5, LATER), (5, AT)])
    def test_refuses_nonsense(self, minor: int, expires_at: Any) -> None:
        alice = wallet(minor=1000)
        with pytest.raises(ValueError):
            place(alice.id, minor, expires_at=expires_at)

    def test_needs_the_callers_transaction(self) -> None:
        alice = wallet(minor=1000)
        with pytest.raises(db.NotInTransaction):
            services.place_hold(
                hold_id=ids.uuid7(), account_id=alice.id, amount=Money(1, "EUR"), reason="X1", expires_at=None, at=AT
            )


class TestCapture:
    def test_pays_out_the_whole(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        hold = place(alice.id, 1000)
        entry = draft(alice.id, bob.id, 1000)
        capture(hold, entry)
        assert amounts(alice.id, bob.id) == [(0, 0), (1000, 0)]
        assert selectors.hold(hold.id).state == "CAPTURED"
        assert events(hold.id) == [("PLACED", 1000), ("CAPTURED", 1000)]

    def test_in_parts(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        hold = place(alice.id, 800)
        capture(hold, draft(alice.id, bob.id, 300))
        assert amounts(alice.id, bob.id) == [(700, 500), (300, 0)]
        assert (selectors.hold(hold.id).state, selectors.hold(hold.id).remaining_minor) == ("OPEN", 500)
        capture(hold, draft(alice.id, bob.id, 500))
        assert amounts(alice.id, bob.id) == [(200, 0), (800, 0)]
        assert selectors.hold(hold.id).state == "CAPTURED"

    def test_part_from_the_hold_and_the_rest_from_what_is_free(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        hold = place(alice.id, 300)
        capture(hold, draft(alice.id, bob.id, 900), 200)
        assert amounts(alice.id, bob.id) == [(100, 100), (900, 0)]
        with pytest.raises(InsufficientFunds):
            capture(hold, draft(alice.id, bob.id, 101), 50)
        assert amounts(alice.id, bob.id) == [(100, 100), (900, 0)]

    def test_again_is_a_replay_and_leaves_the_hold_alone(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        hold = place(alice.id, 800)
        entry = draft(alice.id, bob.id, 300)
        assert capture(hold, entry).replayed is False
        assert capture(hold, entry).replayed is True
        assert amounts(alice.id, bob.id) == [(700, 500), (300, 0)]

    def test_not_more_than_is_left(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        hold = place(alice.id, 300)
        with pytest.raises(CaptureExceedsHold) as refusal:
            capture(hold, draft(alice.id, bob.id, 301))
        assert refusal.value.params == {"hold_id": str(hold.id), "remaining_minor": 300}
        assert amounts(alice.id, bob.id) == [(1000, 300), (0, 0)]

    def test_only_by_an_entry_that_pays_it_out(self) -> None:
        alice, bob, carol = wallet(minor=1000), wallet(minor=500), wallet()
        hold = place(alice.id, 300, destination_account_id=bob.id)
        for entry, minor in (
            (draft(bob.id, carol.id, 100), None),
            (draft(bob.id, carol.id, 100), 100),
            (draft(alice.id, carol.id, 100), None),
            (draft(alice.id, bob.id, 100), 101),
        ):
            with pytest.raises(CaptureMismatch):
                capture(hold, entry, minor)
        assert amounts(alice.id, bob.id, carol.id) == [(1000, 300), (500, 0), (0, 0)]
        capture(hold, draft(alice.id, bob.id, 300))
        assert amounts(alice.id, bob.id) == [(700, 0), (800, 0)]

    def test_not_after_it_was_released_or_lapsed_nor_twice(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        released, lapsed, captured = place(alice.id, 100), place(alice.id, 100), place(alice.id, 100)
        with db.transaction():
            services.release_hold(hold_id=released.id, at=AT)
        capture(captured, draft(alice.id, bob.id, 100))
        for hold, at, state in ((released, AT, "RELEASED"), (lapsed, LATER, "EXPIRED"), (captured, AT, "CAPTURED")):
            with pytest.raises(HoldNotOpen) as refusal:
                capture(hold, draft(alice.id, bob.id, 100), at=at)
            assert refusal.value.params == {"hold_id": str(hold.id), "state": state}
        assert amounts(alice.id, bob.id) == [(900, 100), (100, 0)]

    def test_of_nothing(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        missing = place(alice.id, 1)
        with pytest.raises(UnknownHold), db.transaction():
            services.capture_hold(hold_id=ids.uuid7(), draft=draft(alice.id, bob.id, 1), at=AT)
        with pytest.raises(CurrencyMismatch), db.transaction():
            services.capture_hold(hold_id=missing.id, draft=draft(alice.id, bob.id, 1), amount=Money(1, "USD"), at=AT)

    def test_is_one_statement(self, django_assert_num_queries: Any) -> None:
        alice, bob = wallet(minor=1000), wallet()
        hold = place(alice.id, 300)
        with db.transaction(), django_assert_num_queries(1):
            services.capture_hold(hold_id=hold.id, draft=draft(alice.id, bob.id, 300), at=AT)


class TestRelease:
    def test_gives_all_back_and_again_changes_nothing(self) -> None:
        alice = wallet(minor=1000)
        hold = place(alice.id, 300)
        for _ in range(2):
            with db.transaction():
                assert services.release_hold(hold_id=hold.id, at=AT).state == "RELEASED"
        assert amounts(alice.id) == [(1000, 0)]
        assert events(hold.id) == [("PLACED", 300), ("RELEASED", 300)]

    def test_gives_a_part_back(self) -> None:
        alice = wallet(minor=1000)
        hold = place(alice.id, 300)
        with db.transaction():
            left = services.release_hold(hold_id=hold.id, at=AT, amount=Money(100, "EUR"))
        assert (left.state, left.remaining_minor) == ("OPEN", 200)
        with pytest.raises(CaptureExceedsHold), db.transaction():
            services.release_hold(hold_id=hold.id, at=AT, amount=Money(201, "EUR"))
        with pytest.raises(CurrencyMismatch), db.transaction():
            services.release_hold(hold_id=hold.id, at=AT, amount=Money(1, "USD"))
        assert amounts(alice.id) == [(1000, 200)]

    def test_what_is_left_of_a_partly_captured_hold(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        hold = place(alice.id, 300)
        capture(hold, draft(alice.id, bob.id, 100))
        with db.transaction():
            assert services.release_hold(hold_id=hold.id, at=AT).state == "CAPTURED"
        assert amounts(alice.id, bob.id) == [(900, 0), (100, 0)]

    def test_not_of_a_captured_hold(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        hold = place(alice.id, 300)
        capture(hold, draft(alice.id, bob.id, 300))
        with pytest.raises(HoldNotOpen), db.transaction():
            services.release_hold(hold_id=hold.id, at=AT)
        assert amounts(alice.id, bob.id) == [(700, 0), (300, 0)]

    def test_of_nothing(self) -> None:
        with pytest.raises(UnknownHold), db.transaction():
            services.release_hold(hold_id=ids.uuid7(), at=AT)


class TestExpiry:
    def test_extends_later_and_never_earlier(self) -> None:
        alice = wallet(minor=1000)
        hold = place(alice.id, 300)
        later = LATER + timedelta(days=1)
        for wanted in (later, LATER):
            with db.transaction():
                assert services.extend_hold(hold_id=hold.id, expires_at=wanted, at=AT).expires_at == later
        assert events(hold.id) == [("PLACED", 300), ("EXTENDED", 0)]

    def test_a_lapsed_hold_is_not_extended(self) -> None:
        alice = wallet(minor=1000)
        hold = place(alice.id, 300)
        with pytest.raises(HoldNotOpen), db.transaction():
            services.extend_hold(hold_id=hold.id, expires_at=LATER + timedelta(days=1), at=LATER)

    def test_the_sweeper_ends_what_lapsed(self) -> None:
        alice, bob = wallet(minor=1000), wallet(minor=1000)
        lapsed = [place(alice.id, 100), place(alice.id, 200), place(bob.id, 300)]
        place(bob.id, 50, expires_at=LATER + timedelta(seconds=1))
        place(bob.id, 60, expires_at=None)
        assert services.expire_holds(at=LATER - timedelta(microseconds=1)) == 0
        assert services.expire_holds(at=LATER) == 3
        assert services.expire_holds(at=LATER) == 0
        assert amounts(alice.id, bob.id) == [(1000, 0), (1000, 110)]
        assert {selectors.hold(hold.id).state for hold in lapsed} == {"EXPIRED"}
        assert events(lapsed[2].id) == [("PLACED", 300), ("EXPIRED", 300)]

    def test_a_payment_never_waits_for_the_sweeper(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        lapsed, running = place(alice.id, 500), place(alice.id, 400, expires_at=LATER + timedelta(days=1))
        with pytest.raises(InsufficientFunds):
            post(alice.id, bob.id, 600, effective_at=LATER - timedelta(seconds=1))
        post(alice.id, bob.id, 600, effective_at=LATER)
        assert amounts(alice.id, bob.id) == [(400, 400), (600, 0)]
        assert (selectors.hold(lapsed.id).state, selectors.hold(running.id).state) == ("EXPIRED", "OPEN")

    def test_a_hold_never_waits_for_the_sweeper(self) -> None:
        alice = wallet(minor=1000)
        lapsed = place(alice.id, 1000)
        place(alice.id, 700, at=LATER, expires_at=None)
        assert amounts(alice.id) == [(1000, 700)]
        assert selectors.hold(lapsed.id).state == "EXPIRED"

    def test_a_capture_finds_room_where_another_hold_lapsed(self) -> None:
        alice, bob = wallet(minor=1000), wallet()
        place(alice.id, 600)
        hold = place(alice.id, 400, expires_at=None)
        capture(hold, draft(alice.id, bob.id, 900), 400, at=LATER)
        assert amounts(alice.id, bob.id) == [(100, 0), (900, 0)]


class TestMaturing:
    def test_a_top_up_is_never_available_before_it_matures(self) -> None:
        alice = wallet()
        services.freeze(account_id=alice.id, debit=True, credit=False, at=AT)
        for replayed in (False, True):
            hold_id = UUID("01900000-0000-7000-8000-0000000000aa")
            top_up = draft(clearing(), alice.id, 5000, kind="top_up", intent=hold_id, step="credit")
            with db.transaction():
                posted, hold = services.post_and_hold(
                    top_up, hold_id=hold_id, account_id=alice.id, amount=Money(4000, "EUR"), reason="MATURING",
                    expires_at=LATER, at=AT,
                )  # fmt: skip
            assert (posted.replayed, hold.remaining_minor) == (replayed, 4000)
        assert amounts(alice.id) == [(5000, 4000)]
        services.unfreeze(account_id=alice.id, at=AT)
        with pytest.raises(InsufficientFunds):
            post(alice.id, clearing(), 1001)
        post(alice.id, clearing(), 5000, effective_at=LATER)
        assert amounts(alice.id) == [(0, 0)]
