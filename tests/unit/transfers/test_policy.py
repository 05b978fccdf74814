"""Rules of a transfer, without a database."""

from __future__ import annotations

from uuid import UUID

import pytest

from ledger.money import Money
from transfers.p2p import policy
from transfers.p2p.errors import CategoryUnknown, NoteTooLong, StateConflict
from transfers.p2p.models import CREATED, MOVES, Status

# The table of states.md, written out once more.
ALLOWED = {
    (CREATED, "AWAITING_STEP_UP"),
    (CREATED, "UNDER_REVIEW"),
    (CREATED, "GRACE"),
    (CREATED, "COMPLETED"),
    (CREATED, "DECLINED"),
    ("AWAITING_STEP_UP", "UNDER_REVIEW"),
    ("AWAITING_STEP_UP", "GRACE"),
    ("AWAITING_STEP_UP", "EXPIRED"),
    ("AWAITING_STEP_UP", "CANCELLED"),
    ("UNDER_REVIEW", "GRACE"),
    ("UNDER_REVIEW", "DECLINED"),
    ("GRACE", "COMPLETED"),
    ("GRACE", "CANCELLED"),
}


class TestMoves:
    def test_are_those_of_the_specification(self) -> None:
        assert {(str(before), str(after)) for before, afters in MOVES.items() for after in afters} == ALLOWED

    @pytest.mark.parametrize("before", list(Status))
    @pytest.mark.parametrize("after", list(Status))
    def test_are_required(self, before: Status, after: Status) -> None:
        if (before, after) in ALLOWED:
            policy.require_move(before, after)
        else:
            with pytest.raises(StateConflict):
                policy.require_move(before, after)

    def test_end_where_money_is_settled(self) -> None:
        assert {"COMPLETED", "DECLINED", "CANCELLED", "EXPIRED"} == policy.TERMINAL


class TestCleanNote:
    @pytest.mark.parametrize(
        ("typed", "stored"),
        [
            ("", ""),
            ("  dinner \n and\tdrinks  ", "dinner and drinks"),
            ("晚饭 🍜", "晚饭 🍜"),
            ("family 👨\u200d👩\u200d👧", "family 👨\u200d👩\u200d👧"),
            ("pay\u202egnp.exe", "paygnp.exe"),
            ("a\x00b\x1bc\u200bd\ufeffe", "abcde"),
            ("\ud800lone surrogate", "lone surrogate"),
            ("e\u0301", "é"),
            ("\u200d\u200c \u200d", ""),
            ("שלום", "שלום"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ],
    )
    def test_strips_what_can_deceive(self, typed: str, stored: str) -> None:
        assert policy.clean_note(typed) == stored

    def test_keeps_exactly_140_characters(self) -> None:
        assert policy.clean_note("x" * 140) == "x" * 140

    @pytest.mark.parametrize("length", [141, 10_000, 1_000_000])
    def test_refuses_more(self, length: int) -> None:
        with pytest.raises(NoteTooLong) as refusal:
            policy.clean_note("x" * length)
        assert refusal.value.fields == {"note": "note_too_long"}

    def test_measures_after_cleaning(self) -> None:
        assert policy.clean_note("\u202a" * 500 + "dinner") == "dinner"


class TestCategory:
    def test_may_be_left_out(self) -> None:
        assert policy.require_category("") == ""

    def test_is_one_of_ours(self) -> None:
        assert policy.require_category("food") == "food"
        with pytest.raises(CategoryUnknown):
            policy.require_category("weapons")


class TestFingerprint:
    PAYEE = UUID("01890000-0000-7000-8000-000000000001")

    def made(self, **changes: object) -> str:
        asked = {"payee_id": self.PAYEE, "amount": Money(1250, "EUR"), "note": "dinner", "category": "food"} | changes
        return policy.fingerprint(**asked)

    def test_is_the_same_for_the_same_request(self) -> None:
        assert self.made() == self.made()

    @pytest.mark.parametrize(
        "change",
        [
            {"payee_id": UUID("01890000-0000-7000-8000-000000000002")},
            {"amount": Money(1251, "EUR")},
            {"amount": Money(1250, "USD")},
            {"note": "Dinner"},
            {"category": ""},
            {"note": "dinnerfood", "category": ""},
        ],
    )
    def test_differs_with_any_part(self, change: dict[str, object]) -> None:
        assert self.made(**change) != self.made()
