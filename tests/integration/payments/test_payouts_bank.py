"""Approved withdrawals at a real mock bank, in each of its behaviours, down to the last cent of the books."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from payments.banking.models import Withdrawal, WithdrawalReturn
from payments.payouts import services
from payments.payouts.models import BankMessage, PayoutBatch, PayoutItem
from payments.payouts.selectors import problem_messages, without_answer
from payments.payouts.states import BatchStatus, MessageState
from payments.reconciliation.models import BankStatement, ReconciliationBreak
from payments.reconciliation.services import check_clearing, reconcile_due
from tests.factories.payouts import Books, approved, bank_account, books, statuses
from tests.fakes.bank import BAD_BANK_IBAN, CLOSED_IBAN

if TYPE_CHECKING:
    from accounts.identity.models import User
    from tests.fakes.bank import Bank

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
MONEY = 100_000_000
"""What is on our account at the bank before anything happens."""


def send(at: datetime = AT) -> PayoutBatch:
    """Build and send, as the job does."""
    batch = services.build_batch(at=at)
    assert batch is not None
    services.send_due(at=at)
    batch.refresh_from_db()
    return batch


def hear(at: datetime = AT) -> None:
    """Collect, act, compare, as the jobs do."""
    services.collect(at=at)
    services.handle_due(at=at)
    reconcile_due(at=at)


def breaks() -> list[tuple[str, str | int]]:
    """Kinds and amounts of the open breaks; the tests' money comes from nowhere, so clearing.stripe is left out."""
    return [
        (row.kind, row.details.get("amount_minor", row.details.get("difference_minor", "")))
        for row in ReconciliationBreak.objects.order_by("kind", "key")
        if row.details.get("account") != "clearing.stripe"
    ]


def unexplained(at: datetime = AT) -> int:
    """What nobody can explain on clearing.bank."""
    return sum(check.unexplained_minor for check in check_clearing(at=at) if check.account == "clearing.bank")


class TestAccept:
    def test_two_withdrawals_leave_in_one_file_and_settle(self, alice: User, bank: Bank) -> None:
        pair = approved(bank_account(alice, at=AT), [10_000, 2_500], at=AT)
        assert books(alice) == Books(wallet=30_000, held=12_600, clearing=0, bank=0, fees=0)

        batch = send()
        assert (batch.status, batch.count, batch.total_minor) == (BatchStatus.ANSWERED, 2, 12_500)
        assert statuses(pair) == ["SUBMITTED", "SUBMITTED"]
        assert books(alice) == Books(wallet=30_000, held=12_600, clearing=0, bank=0, fees=0)

        services.collect(at=AT)
        assert list(BankMessage.objects.order_by("number").values_list("kind", flat=True)) == ["pain.002", "camt.054"]
        services.handle_due(at=AT, limit=1)
        assert statuses(pair) == ["SENT", "SENT"]
        assert books(alice) == Books(wallet=17_400, held=0, clearing=12_500, bank=0, fees=100)
        assert unexplained() == 0

        services.handle_due(at=AT)
        assert statuses(pair) == ["SETTLED", "SETTLED"]
        assert books(alice) == Books(wallet=17_400, held=0, clearing=0, bank=12_500, fees=100)
        assert bank.balance() == MONEY - 12_500

        bank.advance()
        hear(AT + timedelta(days=1))
        assert breaks() == []
        statement = BankStatement.objects.get()
        assert (statement.opening_minor, statement.closing_minor, statement.entries) == (MONEY, MONEY - 12_500, 2)
        assert not PayoutItem.objects.filter(statement__isnull=True).exists()
        assert books(alice) == Books(wallet=17_400, held=0, clearing=0, bank=12_500, fees=100)

    def test_everything_done_again_changes_nothing(self, alice: User, bank: Bank) -> None:
        (one,) = approved(bank_account(alice, at=AT), [10_000], at=AT)
        send()
        hear()
        settled = books(alice)
        events = Withdrawal.objects.get(pk=one.pk).events.count()
        BankMessage.objects.filter(state=MessageState.HANDLED.value).update(
            state=MessageState.RECEIVED.value, next_attempt_at=AT
        )
        assert services.build_batch(at=AT) is None
        services.send_due(at=AT)
        services.handle_due(at=AT)
        services.ask_due(at=AT + timedelta(hours=1))
        assert books(alice) == settled
        assert Withdrawal.objects.get(pk=one.pk).events.count() == events
        assert bank.files() == 1

    def test_messages_about_other_accounts_leave_nothing(self, alice: User, bank: Bank) -> None:
        bank.advance()
        hear()
        kept = {message.kind for message in BankMessage.objects.all() if message.body}
        assert kept == {"camt.053"}
        assert BankMessage.objects.filter(state=MessageState.IGNORED.value).count() == 3
        assert BankStatement.objects.count() == 1


class TestRejections:
    def test_a_closed_account_and_a_bank_that_is_not_there_fail_alone(self, alice: User, bob: User, bank: Bank) -> None:
        from tests.factories.payouts import money
        from tests.factories.people import give_money

        give_money(bob, money(5_000))
        (good,) = approved(bank_account(alice, at=AT), [1_000], at=AT)
        (closed,) = approved(bank_account(bob, at=AT, iban=CLOSED_IBAN, bic="MOCKNL2A"), [2_000], at=AT)
        (nowhere,) = approved(bank_account(bob, at=AT, iban=BAD_BANK_IBAN, bic="ZZZZNL2AXXX"), [500], at=AT)
        send()
        hear()
        assert statuses([good, closed, nowhere]) == ["SETTLED", "FAILED", "FAILED"]
        assert set(PayoutItem.objects.values_list("reason", flat=True)) == {"", "AC04", "RC01"}
        assert books(bob) == Books(wallet=5_000, held=0, clearing=0, bank=1_000, fees=50)
        assert books(alice) == Books(wallet=28_950, held=0, clearing=0, bank=1_000, fees=50)
        assert breaks() == []

    def test_a_rejected_file_fails_all_of_it(self, alice: User, bank: Bank) -> None:
        bank.behave("reject-file")
        pair = approved(bank_account(alice, at=AT), [1_000, 2_000], at=AT)
        batch = send()
        assert (batch.status, batch.cause) == (BatchStatus.REFUSED, "FF01")
        assert statuses(pair) == ["FAILED", "FAILED"]
        hear()
        assert books(alice) == Books(wallet=30_000, held=0, clearing=0, bank=0, fees=0)
        assert not without_answer(at=AT + timedelta(days=1)).exists()

    def test_an_empty_account_of_ours_fails_what_it_cannot_pay(self, alice: User, bank: Bank) -> None:
        bank.behave("insufficient-funds")
        bank.change(balance=1_500)
        pair = approved(bank_account(alice, at=AT), [1_000, 1_000], at=AT)
        send()
        hear()
        assert sorted(statuses(pair)) == ["FAILED", "SETTLED"]
        assert problem_messages().count == 1
        assert BankMessage.objects.exclude(problem="").get().problem == "our_account_refused"
        assert books(alice) == Books(wallet=28_950, held=0, clearing=0, bank=1_000, fees=50)

    def test_details_no_bank_can_read_fail_before_the_file(self, alice: User, bank: Bank) -> None:
        account = bank_account(alice, at=AT, bic="NOT A BIC")
        (spoilt,) = approved(account, [1_000], at=AT)
        assert services.build_batch(at=AT) is None
        assert statuses([spoilt]) == ["FAILED"]
        assert books(alice) == Books(wallet=30_000, held=0, clearing=0, bank=0, fees=0)
        assert bank.files() == 0


class TestReturns:
    @pytest.mark.parametrize(("reason", "fee_kept"), [("AC04", True), ("MD07", False)])
    def test_a_payment_that_comes_back_days_later(self, alice: User, bank: Bank, reason: str, fee_kept: bool) -> None:
        bank.behave("return-later", days=3, reason=reason)
        (one,) = approved(bank_account(alice, at=AT), [10_000], at=AT)
        send()
        hear()
        assert books(alice) == Books(wallet=19_950, held=0, clearing=0, bank=10_000, fees=50)
        bank.advance(4)
        later = AT + timedelta(days=4)
        hear(later)
        back = WithdrawalReturn.objects.get(withdrawal=one)
        assert (back.reason_code, back.amount_minor, back.fee_returned) == (reason, 10_000, not fee_kept)
        assert back.settled_at is not None
        kept = 50 if fee_kept else 0
        assert books(alice) == Books(wallet=30_000 - kept, held=0, clearing=0, bank=0, fees=kept)
        assert statuses([one]) == ["SETTLED"]
        assert breaks() == []
        assert bank.balance() == MONEY
        assert unexplained(later) == 0

    def test_between_the_return_and_the_banks_credit_the_books_explain_it(self, alice: User, bank: Bank) -> None:
        bank.behave("return-later", days=1)
        approved(bank_account(alice, at=AT), [10_000], at=AT)
        send()
        hear()
        bank.advance(2)
        services.collect(at=AT)
        BankMessage.objects.exclude(kind="pacs.004").filter(state="RECEIVED").update(
            next_attempt_at=AT + timedelta(days=1)
        )
        services.handle_due(at=AT)
        assert books(alice) == Books(wallet=29_950, held=0, clearing=-10_000, bank=10_000, fees=50)
        assert unexplained() == 0
        services.handle_due(at=AT + timedelta(days=1))
        assert books(alice) == Books(wallet=29_950, held=0, clearing=0, bank=0, fees=50)

    def test_an_account_of_ours_closed_before_the_day_takes_back_what_was_sent(self, alice: User, bank: Bank) -> None:
        bank.post("/_mock/advance?to=2026-11-28")
        (one,) = approved(bank_account(alice, at=AT), [10_000], at=AT)
        send()
        hear()
        assert statuses([one]) == ["SENT"]
        bank.change(closed=True)
        bank.advance(3)
        hear(AT + timedelta(days=8))
        assert statuses([one]) == ["SENT"]
        back = WithdrawalReturn.objects.get(withdrawal=one)
        assert (back.reason_code, back.amount_minor) == ("AC04", 10_000)
        assert books(alice) == Books(wallet=29_950, held=0, clearing=0, bank=0, fees=50)
        assert unexplained(AT + timedelta(days=8)) == 0


class TestSilence:
    def test_a_silent_bank_is_an_alert_and_is_asked(self, alice: User, bank: Bank) -> None:
        bank.behave("silent")
        bank.post("/_mock/advance?to=2026-11-28")
        (one,) = approved(bank_account(alice, at=AT), [10_000], at=AT)
        send()
        hear(AT + timedelta(minutes=59))
        assert not without_answer(at=AT + timedelta(minutes=59)).exists()
        assert without_answer(at=AT + timedelta(hours=1)).count() == 1
        services.ask_due(at=AT + timedelta(minutes=59))
        assert statuses([one]) == ["SUBMITTED"]
        assert books(alice) == Books(wallet=30_000, held=10_050, clearing=0, bank=0, fees=0)
        services.ask_due(at=AT + timedelta(hours=1))
        assert statuses([one]) == ["SENT"]
        assert books(alice) == Books(wallet=19_950, held=0, clearing=10_000, bank=0, fees=50)
        assert not without_answer(at=AT + timedelta(days=1)).exists()
        bank.advance(3)
        hear(AT + timedelta(days=3))
        assert statuses([one]) == ["SETTLED"]
        assert books(alice) == Books(wallet=19_950, held=0, clearing=0, bank=10_000, fees=50)
        assert bank.files() == 1

    def test_a_gap_in_a_statement_is_two_breaks(self, alice: User, bank: Bank) -> None:
        bank.behave("statement-gap")
        pair = approved(bank_account(alice, at=AT), [1_000, 2_000], at=AT)
        send()
        hear()
        bank.advance()
        hear(AT + timedelta(days=1))
        assert statuses(pair) == ["SETTLED", "SETTLED"]
        missing = PayoutItem.objects.get(statement__isnull=True).amount_minor
        assert breaks() == [("MISSING_ENTRY", missing), ("SUM_DIFFERS", -missing)]
        assert books(alice) == Books(wallet=26_900, held=0, clearing=0, bank=3_000, fees=100)

    def test_movements_of_others_and_a_jump_of_the_balance_are_breaks(self, alice: User, bank: Bank) -> None:
        bank.advance()
        hear()
        bank.post(
            "/_mock/credits", {"account": "WALLET", "amount": 777, "note": "hello", "debtor": {"name": "Somebody"}}
        )
        bank.change(balance=MONEY + 5)
        bank.advance()
        hear(AT + timedelta(days=1))
        assert sorted(kind for kind, _ in breaks()) == ["OPENING_DIFFERS", "UNKNOWN_ENTRY"]

    def test_what_cannot_be_read_waits_for_a_person(self, bank: Bank) -> None:
        from payments.payouts.services.collecting import keep
        from payments.providers.bank.facts import Letter

        keep([Letter(1, "WALLET", "<Document><BkToCstmrStmt><Stmt>")], at=AT)
        keep([Letter(2, "WALLET", "<Document><Something/></Document>")], at=AT)
        services.handle_due(at=AT)
        assert list(BankMessage.objects.order_by("number").values_list("state", "problem")) == [
            ("FAILED", "ParseError"),
            ("FAILED", "kind_unknown"),
        ]
        assert problem_messages().count == 2
