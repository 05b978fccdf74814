"""What the bank says: submitted, unknown, sent, settled, failed, returned. Each may be heard twice, in any order."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from accounts.activity.models import ActivityItem
from accounts.audit.models import RecordedEvent
from accounts.limits.models import LimitUsage
from accounts.wallets.selectors import wallet_of
from ledger import services as ledger
from ledger.money import Money
from payments.banking import services
from payments.banking.models import BankAccount, Withdrawal, WithdrawalEvent, WithdrawalReturn
from tests.factories.payouts import Books, books
from tests.factories.people import ORIGIN, give_money, make_person, now
from tests.factories.withdrawals import (
    IBAN,
    OTHER_IBAN,
    add_account,
    confirmed,
    failed,
    freeze,
    returned,
    sent,
    settled,
    submitted,
)
from wallet_project.lib import db, ids
from wallet_project.lib.db import NotInTransaction

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

HELD = Books(wallet=30_000, held=1_050, clearing=0, bank=0, fees=0)
UNTOUCHED = Books(wallet=30_000, held=0, clearing=0, bank=0, fees=0)
SENT = Books(wallet=28_950, held=0, clearing=1_000, bank=0, fees=50)
SETTLED = Books(wallet=28_950, held=0, clearing=0, bank=1_000, fees=50)
DAY = date(2026, 11, 23)


@pytest.fixture
def row(alice: User) -> Withdrawal:
    """EUR 10.00, approved by the rules."""
    made = confirmed(alice, add_account(alice), 1_000)
    assert made.status == "APPROVED"
    return made


def fresh(row: Withdrawal) -> Withdrawal:
    return Withdrawal.objects.get(pk=row.pk)


def told(row: Withdrawal) -> list[str]:
    names = RecordedEvent.objects.filter(subject_id=row.pk, name__startswith="withdrawal.").order_by("recorded_at")
    return list(names.values_list("name", flat=True))


def settle(rows: list[Withdrawal], message_id: UUID | None = None) -> list[UUID]:
    with db.transaction():
        return services.mark_settled(
            withdrawal_ids=[row.pk for row in rows], message_id=message_id or ids.uuid7(), value_date=DAY, at=now()
        )


class TestSubmit:
    def test_what_the_bank_is_told(self, alice: User, row: Withdrawal) -> None:
        with db.transaction():
            (payout,) = services.lock_approved(limit=10, at=now())
            assert services.mark_submitted(withdrawal_ids=[row.pk], reference="FILE1", at=now()) == [row.pk]
        assert payout.withdrawal_id == row.pk
        assert payout.amount == Money(1_000, "EUR")
        assert (payout.iban, payout.bic, payout.holder_name) == (
            "DE89370400440532013000", "COBADEFFXXX", "Alice Example",
        )  # fmt: skip
        assert payout.remittance == f"Withdrawal {row.end_to_end_id.upper()}"
        now_row = fresh(row)
        assert (now_row.status, now_row.bank_reference) == ("SUBMITTED", "FILE1")
        assert now_row.submitted_at is not None
        event = WithdrawalEvent.objects.get(withdrawal=row, to_status="SUBMITTED")
        assert (event.provider_reference, event.actor) == ("FILE1", "worker")
        assert books(alice) == HELD

    def test_needs_the_callers_transaction(self, row: Withdrawal) -> None:
        for call in (
            lambda: services.lock_approved(limit=1, at=now()),
            lambda: services.mark_submitted(withdrawal_ids=[row.pk], reference="", at=now()),
            lambda: services.mark_sent(items=[(row.pk, "")], at=now()),
            lambda: services.mark_failed(items=[(row.pk, "AC04")], at=now()),
        ):
            with pytest.raises(NotInTransaction):
                call()

    @pytest.mark.parametrize("what", ["person", "wallet", "hold", "account"])
    def test_looks_once_more_before_it_leaves(self, alice: User, row: Withdrawal, what: str) -> None:
        wallet = wallet_of(alice, "EUR")
        assert wallet is not None
        if what == "person":
            freeze(alice)
        elif what == "wallet":
            ledger.freeze(account_id=wallet.id, debit=True, credit=False, at=now())
        elif what == "hold":
            with db.transaction():
                ledger.release_hold(hold_id=ids.derive(row.pk, "hold"), at=now())
        else:
            BankAccount.objects.filter(pk=row.bank_account_id).update(revision=2)
        with db.transaction():
            assert services.lock_approved(limit=10, at=now()) == []
        back = fresh(row)
        assert (back.status, back.auto_approved) == ("UNDER_REVIEW", False)
        assert row.conditions.filter(screening_no=2, passed=False).exists()

    def test_a_removed_account_is_still_paid(self, alice: User, row: Withdrawal) -> None:
        services.remove_bank_account(user=alice, account_id=row.bank_account_id, origin=ORIGIN, at=now())
        with db.transaction():
            (payout,) = services.lock_approved(limit=10, at=now())
        assert payout.iban == "DE89370400440532013000"

    def test_only_so_many_and_the_oldest_first(self, alice: User) -> None:
        account = add_account(alice)
        made = [confirmed(alice, account, 1_000) for _ in range(3)]
        with db.transaction():
            payouts = services.lock_approved(limit=2, at=now())
        assert [payout.withdrawal_id for payout in payouts] == [row.pk for row in made[:2]]

    def test_twice_moves_nothing(self, row: Withdrawal) -> None:
        submitted(row)
        with db.transaction():
            assert services.mark_submitted(withdrawal_ids=[row.pk], reference="FILE2", at=now()) == []
        assert fresh(row).bank_reference == "test"


class TestUnknown:
    def test_releases_nothing_and_waits_for_the_bank(self, alice: User, row: Withdrawal) -> None:
        submitted(row)
        with db.transaction():
            assert services.mark_unknown(withdrawal_ids=[row.pk], cause="timeout", at=now()) == [row.pk]
            assert services.mark_unknown(withdrawal_ids=[row.pk], cause="timeout", at=now()) == []
        assert fresh(row).status == "UNKNOWN"
        assert books(alice) == HELD
        with db.transaction():
            assert services.lock_approved(limit=10, at=now()) == []

    def test_is_found_on_a_statement(self, alice: User, row: Withdrawal) -> None:
        submitted(row)
        with db.transaction():
            services.mark_unknown(withdrawal_ids=[row.pk], cause="timeout", at=now())
        assert settle([row]) == [row.pk]
        steps = row.events.order_by("no").values_list("to_status", flat=True)
        assert list(steps)[-4:] == ["SUBMITTED", "UNKNOWN", "SENT", "SETTLED"]
        assert books(alice) == SETTLED

    def test_the_bank_never_had_it(self, alice: User, row: Withdrawal) -> None:
        submitted(row)
        with db.transaction():
            services.mark_unknown(withdrawal_ids=[row.pk], cause="timeout", at=now())
            assert services.mark_failed(items=[(row.pk, "no_file")], at=now()) == [row.pk]
        assert fresh(row).reason == "no_file"
        assert books(alice) == UNTOUCHED


class TestSent:
    def test_the_money_leaves_the_wallet(self, alice: User, row: Withdrawal) -> None:
        after = sent(row)
        assert (after.status, after.bank_reference) == ("SENT", "BANK-1")
        assert after.sent_at is not None
        assert books(alice) == SENT
        assert told(row)[-1] == "withdrawal.sent"
        assert ActivityItem.objects.get(subject_id=row.pk).state == "SENT"

    def test_twice_is_once(self, alice: User, row: Withdrawal) -> None:
        sent(row)
        with db.transaction():
            assert services.mark_sent(items=[(row.pk, "BANK-2")], at=now()) == []
        assert books(alice) == SENT
        assert told(row).count("withdrawal.sent") == 1

    def test_whoever_is_frozen(self, alice: User, row: Withdrawal) -> None:
        submitted(row)
        freeze(alice)
        with db.transaction():
            services.mark_sent(items=[(row.pk, "")], at=now())
        assert books(alice) == SENT

    def test_never_what_was_not_submitted(self, alice: User, row: Withdrawal) -> None:
        with db.transaction():
            assert services.mark_sent(items=[(row.pk, "")], at=now()) == []
            assert services.mark_failed(items=[(row.pk, "AC04")], at=now()) == []
        assert settle([row]) == []
        assert books(alice) == HELD


class TestSettled:
    def test_clearing_is_empty_again(self, alice: User, row: Withdrawal) -> None:
        sent(row)
        after = settled(row)
        assert after.status == "SETTLED"
        assert after.settled_entry_id is not None
        assert after.settled_at is not None
        assert books(alice) == SETTLED
        assert told(row)[-2:] == ["withdrawal.sent", "withdrawal.settled"]
        assert ActivityItem.objects.get(subject_id=row.pk).state == "SETTLED"

    def test_before_anybody_said_it_was_sent(self, alice: User, row: Withdrawal) -> None:
        submitted(row)
        assert settle([row]) == [row.pk]
        assert books(alice) == SETTLED
        assert told(row)[-2:] == ["withdrawal.sent", "withdrawal.settled"]

    def test_one_entry_for_all_of_a_message(self, alice: User, bob: User) -> None:
        give_money(bob, Money(10_000, "EUR"))
        rows = [
            submitted(confirmed(alice, add_account(alice), 1_000)),
            submitted(confirmed(alice, BankAccount.objects.get(user=alice), 2_000)),
            submitted(confirmed(bob, add_account(bob, iban="FR1420041010050500013M02606"), 3_000)),
        ]
        message = ids.uuid7()
        assert sorted(settle(rows, message)) == sorted(row.pk for row in rows)
        assert len({fresh(row).settled_entry_id for row in rows}) == 1
        assert books(alice) == Books(wallet=26_900, held=0, clearing=0, bank=6_000, fees=150)
        assert books(bob).wallet == 6_950
        assert settle(rows, message) == []

    def test_a_message_read_again_after_half_of_it_settles_the_other_half(self, alice: User) -> None:
        account = add_account(alice)
        rows = [submitted(confirmed(alice, account, 1_000)) for _ in range(2)]
        message = ids.uuid7()
        settle(rows[:1], message)
        assert settle(rows, message) == [rows[1].pk]
        assert books(alice) == Books(wallet=27_900, held=0, clearing=0, bank=2_000, fees=100)


class TestFailed:
    def test_everything_comes_back_the_fee_too(self, alice: User, row: Withdrawal) -> None:
        after = failed(row, "AC04")
        assert (after.status, after.reason) == ("FAILED", "AC04")
        assert after.closed_at is not None
        assert books(alice) == UNTOUCHED
        assert LimitUsage.objects.get(user=alice, product="WITHDRAW").used_minor == 0
        assert told(row)[-1] == "withdrawal.failed"
        with db.transaction():
            assert services.mark_failed(items=[(row.pk, "AC01")], at=now()) == []
            assert services.mark_sent(items=[(row.pk, "")], at=now()) == []
        assert fresh(row).reason == "AC04"

    def test_not_what_was_sent(self, alice: User, row: Withdrawal) -> None:
        sent(row)
        with db.transaction():
            assert services.mark_failed(items=[(row.pk, "AC04")], at=now()) == []
        assert books(alice) == SENT


def give_back(row: Withdrawal, reason: str = "MS03", minor: int = 1_000) -> bool:
    with db.transaction():
        return services.record_return(
            withdrawal_id=row.pk, reason_code=reason, amount=Money(minor, "EUR"), message_id=ids.uuid7(), at=now()
        )


def bring_home(row: Withdrawal) -> bool:
    with db.transaction():
        return services.settle_return(withdrawal_id=row.pk, message_id=ids.uuid7(), at=now())


class TestReturned:
    @pytest.mark.parametrize(
        ("reason", "wallet", "fees"), [("AC04", 29_950, 50), ("BE04", 29_950, 50), ("MS03", 30_000, 0)]
    )
    def test_weeks_later(self, alice: User, row: Withdrawal, reason: str, wallet: int, fees: int) -> None:
        settled(sent(row))
        after = returned(row, reason)
        assert after.status == "SETTLED"
        assert books(alice) == Books(wallet=wallet, held=0, clearing=-1_000, bank=1_000, fees=fees)
        assert bring_home(row)
        assert books(alice) == Books(wallet=wallet, held=0, clearing=0, bank=0, fees=fees)
        came_back = WithdrawalReturn.objects.get(withdrawal=row)
        assert (came_back.reason_code, came_back.amount_minor, came_back.fee_returned) == (reason, 1_000, fees == 0)
        (item,) = ActivityItem.objects.filter(subject_id=came_back.pk)
        assert (item.direction, item.amount_minor, item.state) == ("IN", wallet - 28_950, "RETURNED")
        assert told(row)[-1] == "withdrawal.returned"
        assert LimitUsage.objects.get(user=alice, product="WITHDRAW").used_minor == 1_000

    def test_once(self, alice: User, row: Withdrawal) -> None:
        sent(row)
        assert give_back(row)
        assert not give_back(row, "AC04")
        assert bring_home(row)
        assert not bring_home(row)
        assert books(alice) == Books(wallet=30_000, held=0, clearing=1_000, bank=-1_000, fees=0)

    def test_before_the_statement_has_the_payment(self, alice: User, row: Withdrawal) -> None:
        sent(row)
        give_back(row)
        assert books(alice) == UNTOUCHED
        assert settle([row]) == [row.pk]
        assert bring_home(row)
        assert books(alice) == UNTOUCHED

    def test_whoever_is_frozen(self, alice: User, row: Withdrawal) -> None:
        sent(row)
        freeze(alice)
        assert give_back(row)
        assert books(alice) == UNTOUCHED

    def test_not_before_it_was_sent(self, alice: User, row: Withdrawal) -> None:
        submitted(row)
        assert not give_back(row)
        assert not bring_home(row)
        assert books(alice) == HELD

    @pytest.mark.parametrize("amount", [Money(1_001, "EUR"), Money(0, "EUR"), Money(1_000, "USD")])
    def test_another_sum_is_a_defect_of_the_caller(self, alice: User, row: Withdrawal, amount: Money) -> None:
        sent(row)
        with pytest.raises(ValueError), db.transaction():
            services.record_return(
                withdrawal_id=row.pk, reason_code="MS03", amount=amount, message_id=ids.uuid7(), at=now()
            )
        assert books(alice) == SENT

    def test_part_of_it(self, alice: User, row: Withdrawal) -> None:
        settled(sent(row))
        assert give_back(row, "MS03", 900)
        assert bring_home(row)
        assert books(alice) == Books(wallet=29_900, held=0, clearing=0, bank=100, fees=0)


class TestMany:
    def test_sixty_take_as_many_statements_as_three(self, django_assert_max_num_queries: Any) -> None:
        taken = {}
        for count, iban in ((3, IBAN), (60, OTHER_IBAN[0])):
            person = make_person(f"many{count}")
            give_money(person, Money(10_000_000, "EUR"))
            account = add_account(person, iban=iban)
            rows = [submitted(confirmed(person, account, 1_000)) for _ in range(count)]
            with django_assert_max_num_queries(60) as captured, db.transaction():
                services.mark_sent(items=[(row.pk, "") for row in rows], at=now())
            with django_assert_max_num_queries(60) as settled_queries, db.transaction():
                services.mark_settled(
                    withdrawal_ids=[row.pk for row in rows], message_id=ids.uuid7(), value_date=DAY, at=now()
                )
            assert {fresh(row).status for row in rows} == {"SETTLED"}
            taken[count] = (len(captured.captured_queries), len(settled_queries.captured_queries))
        assert taken[3] == taken[60]
