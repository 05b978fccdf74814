"""The rules of taking money out, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product
from uuid import UUID

import pytest

from ledger.chart import platform_account_id
from ledger.errors import CurrencyMismatch
from ledger.money import Money
from payments.banking import policy, postings
from payments.banking.conditions import CODES, MUST_HOLD, Facts, blocking, evaluate, failing
from payments.banking.details import bank_name, clean_bic, clean_holder, clean_iban, mask_iban, names_match
from payments.banking.errors import AmountTooSmall, BicInvalid, HolderNameInvalid, IbanInvalid, ReasonMissing
from payments.banking.models import WithdrawalEvent
from payments.banking.states import (
    CANCELLABLE,
    CREATED,
    HELD,
    MOVES,
    TERMINAL,
    UNDER_APPROVAL,
    WithdrawalStatus,
    may_move,
)
from wallet_project.lib import ids

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
IBAN = "DE89370400440532013000"
S = WithdrawalStatus


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


class TestAmounts:
    def test_the_fee_is_flat(self) -> None:
        assert policy.fee(euros(100)) == policy.fee(euros(900_000)) == euros(50)

    def test_only_euros_leave(self) -> None:
        with pytest.raises(CurrencyMismatch):
            policy.fee(Money(1_000, "USD"))

    def test_one_euro_is_the_least(self) -> None:
        policy.require_amount(euros(100))
        with pytest.raises(AmountTooSmall) as refused:
            policy.require_amount(euros(99))
        assert refused.value.params["minimum"] == euros(100)

    @pytest.mark.parametrize(("minor", "two"), [(199_999, False), (200_000, True), (200_001, True)])
    def test_two_officers_from_two_thousand_euros_on(self, minor: int, two: bool) -> None:
        assert policy.needs_second_approval(euros(minor)) is two

    @pytest.mark.parametrize("code", ["AC01", "AC03", "AC04", "AC06", "BE04"])
    def test_the_fee_stays_when_the_details_were_wrong(self, code: str) -> None:
        assert not policy.fee_comes_back(code)

    @pytest.mark.parametrize("code", ["MS03", "AM09", "CUST", "NARR", ""])
    def test_else_the_fee_comes_back(self, code: str) -> None:
        assert policy.fee_comes_back(code)


class TestDays:
    @pytest.mark.parametrize(
        ("at", "arrives"),
        [
            (datetime(2026, 11, 18, 12, tzinfo=UTC), date(2026, 11, 19)),
            (datetime(2026, 11, 20, 12, tzinfo=UTC), date(2026, 11, 23)),  # Friday → Monday
            (datetime(2026, 11, 21, 12, tzinfo=UTC), date(2026, 11, 23)),
            (datetime(2026, 4, 2, 12, tzinfo=UTC), date(2026, 4, 7)),  # before Good Friday → after Easter Monday
            (datetime(2026, 12, 24, 12, tzinfo=UTC), date(2026, 12, 28)),
            (datetime(2026, 11, 18, 23, 30, tzinfo=UTC), date(2026, 11, 20)),  # already Thursday in Frankfurt
        ],
    )
    def test_arrives_on_the_next_day_the_banks_settle(self, at: datetime, arrives: date) -> None:
        assert policy.arrives_on(at) == arrives

    @pytest.mark.parametrize(
        ("year", "good_friday", "monday"),
        [
            (2024, date(2024, 3, 29), date(2024, 4, 1)),
            (2025, date(2025, 4, 18), date(2025, 4, 21)),
            (2026, date(2026, 4, 3), date(2026, 4, 6)),
            (2027, date(2027, 3, 26), date(2027, 3, 29)),
            (2038, date(2038, 4, 23), date(2038, 4, 26)),
        ],
    )
    def test_easter_moves(self, year: int, good_friday: date, monday: date) -> None:
        assert not policy.is_bank_day(good_friday)
        assert not policy.is_bank_day(monday)
        assert policy.is_bank_day(date.fromordinal(monday.toordinal() + 1))


class TestDetails:
    @pytest.mark.parametrize(
        "text", [IBAN, "de89 3704 0044 0532 0130 00", " DE89-3704-0044-0532-0130-00 ", "ＤＥ89370400440532013000"]
    )
    def test_an_iban_may_be_written_in_many_ways(self, text: str) -> None:
        assert clean_iban(text) == IBAN

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("DE88370400440532013000", "checksum"),
            ("DE8937040044053201300", "length"),
            ("DE893704004405320130AB", "characters"),
            ("DE89 3704 0044 0532 0130 0ß", "characters"),
            ("", "characters"),
            ("XX89370400440532013000", "country"),
            ("SA0380000000608010167519", "not_reached"),
        ],
    )
    def test_what_is_wrong_with_an_iban_is_said(self, text: str, fault: str) -> None:
        with pytest.raises(IbanInvalid) as refused:
            clean_iban(text)
        assert refused.value.params["fault"] == fault

    def test_the_bic_may_be_left_out(self) -> None:
        assert clean_bic("", iban=IBAN) == "COBADEFFXXX"
        assert bank_name(IBAN, "COBADEFFXXX") == "Commerzbank"

    def test_a_bic_is_cleaned(self) -> None:
        assert clean_bic(" cobadeff ", iban=IBAN) == "COBADEFF"

    @pytest.mark.parametrize(("text", "fault"), [("COBA", "shape"), ("BNPAFRPP", "other_bank"), ("COBAXXFF", "shape")])
    def test_a_wrong_bic_is_refused(self, text: str, fault: str) -> None:
        with pytest.raises(BicInvalid) as refused:
            clean_bic(text, iban=IBAN)
        assert refused.value.params["fault"] == fault

    @pytest.mark.parametrize("name", ["", "   ", "12345", "A" * 71, "Alice\x00Example", "Alice\u202eelpmaxE"])
    def test_what_is_no_name_is_refused(self, name: str) -> None:
        with pytest.raises(HolderNameInvalid):
            clean_holder(name)

    def test_a_name_is_one_line(self) -> None:
        assert clean_holder("  Zoë   O’Neill-Müller\n") == "Zoë O’Neill-Müller"

    def test_an_iban_is_masked(self) -> None:
        assert mask_iban(IBAN) == "DE•• •••• 3000"

    @pytest.mark.parametrize(
        ("holder", "person", "same"),
        [
            ("Alice Example", "alice example", True),
            ("Example, Alice", "Alice Example", True),
            ("Alice Maria Example", "Alice Example", True),
            ("Müller Jürgen", "Jurgen Muller", True),
            ("ＡＬＩＣＥ Example", "Alice Example", True),
            ("Alice", "Alice", True),
            ("王小美", "王小美", True),
            ("Alice Other", "Alice Example", False),
            ("Alice", "Alice Example", False),
            ("Bob Example", "Alice Example", False),
            ("Alice Example", "", False),
            ("", "", False),
            ("李明", "李 明", True),
            ("李 明", "李明", True),
            ("김 민수", "김민수", True),
            ("李明", "李 民", False),
            ("Ann Lee", "Annlee", False),
        ],
    )
    def test_two_spellings_of_one_person(self, holder: str, person: str, same: bool) -> None:
        assert names_match(holder, person) is same


GOOD = Facts(
    is_person_active=True,
    is_wallet_open=True,
    has_verified_contact=True,
    tier=0,
    amount_euro_cents=50_000,
    day_euro_cents=100_000,
    has_cooled_off=True,
    do_names_match=True,
    others_with_account=0,
    maturing_minor=0,
    card_money_euro_cents=24_999,
    owed_minor=0,
    has_reduced_limits=False,
    security_changes=0,
    is_hold_open=True,
    is_account_unchanged=True,
)


class TestConditions:
    def test_when_all_hold_the_rules_approve(self) -> None:
        found = evaluate(GOOD)
        assert failing(found) == ()
        assert tuple(condition.code for condition in found) == CODES
        assert len(CODES) == 14

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"is_person_active": False}, "person_active"),
            ({"is_wallet_open": False}, "wallet_open"),
            ({"is_hold_open": False}, "hold_open"),
            ({"is_account_unchanged": False}, "account_unchanged"),
            ({"has_verified_contact": False}, "contact_verified"),
            ({"amount_euro_cents": 50_001}, "tier_allows"),
            ({"day_euro_cents": 100_001}, "day_total"),
            ({"has_cooled_off": False}, "account_cooled_off"),
            ({"do_names_match": False}, "holder_name_matches"),
            ({"others_with_account": 1}, "account_not_shared"),
            ({"maturing_minor": 1}, "funds_matured"),
            ({"card_money_euro_cents": 25_000}, "card_money_share"),
            ({"owed_minor": 1}, "no_debt"),
            ({"has_reduced_limits": True}, "security_settled"),
            ({"security_changes": 1}, "security_settled"),
        ],
    )
    def test_each_condition_fails_alone(self, change: dict[str, int], code: str) -> None:
        assert failing(evaluate(replace(GOOD, **change))) == (code,)  # type: ignore[arg-type]  # values of Facts

    def test_an_officer_overrules_all_but_four(self) -> None:
        bad = replace(
            GOOD,
            is_person_active=False,
            is_hold_open=False,
            has_cooled_off=False,
            do_names_match=False,
            is_wallet_open=False,
            is_account_unchanged=False,
        )
        assert blocking(evaluate(bad)) == MUST_HOLD

    def test_details_hold_numbers_only(self) -> None:
        for condition in evaluate(GOOD):
            assert all(isinstance(value, int) for value in condition.details.values())


class TestMoves:
    def test_the_check_of_events_is_the_table(self) -> None:
        (check,) = [one for one in WithdrawalEvent._meta.constraints if one.name == "withdrawal_event_move_known"]
        written = {
            (dict(pair.children)["from_status"], after)  # type: ignore[union-attr,arg-type]  # Q of two look-ups
            for pair in check.condition.children  # type: ignore[attr-defined]  # a CHECK with a Q
            for after in dict(pair.children)["to_status__in"]  # type: ignore[union-attr,arg-type,call-overload]
        }
        assert written == {(before, after.value) for before, afters in MOVES.items() for after in afters}

    def test_terminal_states_stay(self) -> None:
        assert {str(status) for status in TERMINAL} == {"SETTLED", "REJECTED", "CANCELLED", "FAILED", "EXPIRED"}
        for before, after in product(TERMINAL, WithdrawalStatus):
            assert not may_move(before, after)

    def test_only_before_the_file_leaves_it_can_be_cancelled(self) -> None:
        assert {str(status) for status in CANCELLABLE} == {
            "AWAITING_STEP_UP", "SCREENING", "UNDER_REVIEW", "AWAITING_CUSTOMER", "AWAITING_SECOND_APPROVAL",
            "APPROVED",
        }  # fmt: skip

    def test_nothing_is_sent_without_an_approval(self) -> None:
        for before, afters in MOVES.items():
            if UNDER_APPROVAL & set(afters) and before not in UNDER_APPROVAL:
                assert set(afters) & UNDER_APPROVAL == {S.APPROVED}

    def test_unknown_is_never_sent_again_or_released_by_time(self) -> None:
        assert set(MOVES[S.UNKNOWN]) == {S.SENT, S.FAILED}

    def test_it_begins_with_the_step_up(self) -> None:
        assert MOVES[CREATED] == (S.AWAITING_STEP_UP,)

    def test_money_is_held_until_it_is_sent_or_given_back(self) -> None:
        assert frozenset(S) - TERMINAL - {S.SENT} == HELD


WITHDRAWAL = UUID("01990000-0000-7000-8000-000000000001")
MOVEMENT = postings.Movement(WITHDRAWAL, 7, 10_000, 50, "EUR")
CLEARING, FEES, BANK = (platform_account_id(code, "EUR") for code in ("clearing.bank", "income.fees", "bank.operating"))


def legs(draft: object) -> dict[int, int]:
    return {leg.account_id: leg.amount_minor for leg in draft.legs}  # type: ignore[attr-defined]  # an EntryDraft


class TestPostings:
    def test_sent_takes_amount_and_fee_out_of_the_hold(self) -> None:
        capture = postings.sent(MOVEMENT, at=AT, actor="test")
        assert legs(capture.draft) == {7: -10_050, CLEARING: 10_000, FEES: 50}
        assert capture.hold_id == ids.derive(WITHDRAWAL, "hold") == postings.hold_id(WITHDRAWAL)

    def test_without_a_fee_there_is_no_leg_for_it(self) -> None:
        assert legs(postings.sent(replace(MOVEMENT, fee_minor=0), at=AT, actor="test").draft) == {
            7: -10_000,
            CLEARING: 10_000,
        }

    def test_settled_empties_clearing(self) -> None:
        draft = postings.settled(
            message_id=WITHDRAWAL,
            withdrawal_ids=[WITHDRAWAL],
            total=euros(10_000),
            value_date=date(2026, 11, 23),
            at=AT,
            actor="test",
        )
        assert legs(draft) == {CLEARING: -10_000, BANK: 10_000}

    def test_the_same_message_and_withdrawals_are_one_entry_in_any_order(self) -> None:
        one, other = ids.uuid7(AT), ids.uuid7(AT)
        entry_ids = [
            postings.settled(
                message_id=WITHDRAWAL,
                withdrawal_ids=named,
                total=euros(1),
                value_date=date(2026, 11, 23),
                at=AT,
                actor="test",
            ).entry_id
            for named in ([one, other], [other, one], [one])
        ]
        assert entry_ids[0] == entry_ids[1] != entry_ids[2]

    @pytest.mark.parametrize(
        ("fee_returned", "expected"),
        [(True, {7: 10_050, CLEARING: -10_000, FEES: -50}), (False, {7: 10_000, CLEARING: -10_000})],
    )
    def test_a_return_credits_the_wallet(self, fee_returned: bool, expected: dict[int, int]) -> None:
        draft = postings.returned(MOVEMENT, returned_minor=10_000, fee_returned=fee_returned, at=AT, actor="test")
        assert legs(draft) == expected

    def test_there_and_back_leaves_nothing_anywhere(self) -> None:
        drafts = [
            postings.sent(MOVEMENT, at=AT, actor="test").draft,
            postings.settled(
                message_id=WITHDRAWAL,
                withdrawal_ids=[WITHDRAWAL],
                total=euros(10_000),
                value_date=date(2026, 11, 23),
                at=AT,
                actor="test",
            ),
            postings.returned(MOVEMENT, returned_minor=10_000, fee_returned=True, at=AT, actor="test"),
            postings.return_settled(withdrawal_id=WITHDRAWAL, back=euros(10_000), at=AT, actor="test"),
        ]
        total: dict[int, int] = {}
        for draft in drafts:
            for account, minor in legs(draft).items():
                total[account] = total.get(account, 0) + minor
        assert total == {7: 0, CLEARING: 0, FEES: 0, BANK: 0}


class TestWords:
    @pytest.mark.parametrize(("reason", "note"), [("", ""), ("because", ""), ("other", "  ")])
    def test_a_reason_is_needed(self, reason: str, note: str) -> None:
        with pytest.raises(ReasonMissing):
            policy.require_reason(reason, note)

    def test_other_needs_words(self) -> None:
        assert policy.require_reason("other", "We called you.") == "other"
        assert policy.require_reason("security", "") == "security"

    def test_text_is_cleaned_and_keeps_its_lines(self) -> None:
        assert policy.clean_text("  Hello\u202e  there\r\n\x07Second  line \n\n") == "Hello there\nSecond line"
        assert policy.clean_text(" \u200b\n ") == ""
        assert len(policy.clean_text("a" * 5_000)) == 1_000

    def test_the_bank_knows_it_by_the_public_id(self) -> None:
        assert policy.end_to_end_id(WITHDRAWAL) == ids.public("wdr", WITHDRAWAL)[4:]
        assert len(policy.end_to_end_id(WITHDRAWAL)) == 26


class TestWhenStaffHaveLooked:
    @pytest.mark.parametrize(
        ("asked", "due"),
        [
            ("2026-11-23T09:00+01:00", "2026-11-23T13:00+01:00"),  # a Monday morning
            ("2026-11-23T18:30+01:00", "2026-11-24T10:30+01:00"),  # an hour and a half today, the rest tomorrow
            ("2026-11-23T16:00+01:00", "2026-11-23T20:00+01:00"),  # to the minute of closing
            ("2026-11-22T11:00+01:00", "2026-11-23T12:00+01:00"),  # a Sunday
            ("2026-11-20T23:00+01:00", "2026-11-23T12:00+01:00"),  # a Friday night
            ("2026-12-24T19:00+01:00", "2026-12-28T11:00+01:00"),  # over Christmas and the weekend after it
            ("2026-03-27T18:00+01:00", "2026-03-30T10:00+02:00"),  # the clocks go forward in between
        ],
    )
    def test_counts_only_while_the_desk_is_open(self, asked: str, due: str) -> None:
        assert policy.review_due(datetime.fromisoformat(asked)) == datetime.fromisoformat(due)
