"""Messages that contradict what we know: nothing moves, and a person hears of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.wallets.selectors import wallet_of
from payments.banking.models import WithdrawalReturn
from payments.payouts import services
from payments.payouts.models import BankMessage, PayoutBatch
from payments.payouts.services.collecting import keep
from payments.providers.bank.facts import Letter
from payments.reconciliation.models import BankStatement, ReconciliationBreak
from tests.factories.payouts import approved, bank_account, books, money, statuses
from tests.factories.people import give_money
from tests.integration.payments.test_reconciliation_findings import FREE, HELD, PAID, entry, kinds, say, statement

if TYPE_CHECKING:
    from accounts.identity.models import User
    from payments.banking.models import Withdrawal
    from tests.fakes.bank import Bank

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def prepared(alice: User, bank: Bank) -> Withdrawal:
    """EUR 100.00 in a file that has not left."""
    (row,) = approved(bank_account(alice, at=AT), [10_000], at=AT)
    services.build_batch(at=AT)
    return row


@pytest.fixture
def one(prepared: Withdrawal) -> Withdrawal:
    """EUR 100.00 in a file that has left; the bank has said nothing."""
    PayoutBatch.objects.update(status="SENDING")
    PayoutBatch.objects.update(status="ANSWERED")
    return prepared


def hear(number: int, body: str, account: str | None = "WALLET") -> None:
    keep([Letter(number, account, body)], at=AT)
    services.handle_due(at=AT)


def wallet_id(user: User) -> int:
    wallet = wallet_of(user, "EUR")
    assert wallet is not None
    return wallet.id


def status(withdrawal: Withdrawal, file: str, said: str) -> str:
    return (
        f"<Document><CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>{file}</OrgnlMsgId></OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><TxInfAndSts><OrgnlEndToEndId>{withdrawal.end_to_end_id}</OrgnlEndToEndId>"
        f"<TxSts>{said}</TxSts></TxInfAndSts></OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )


def back(*withdrawals: Withdrawal, file: str | None = None) -> str:
    """A pacs.004 about payments of EUR 100.00."""
    name = PayoutBatch.objects.values_list("message_id", flat=True).get() if file is None else file
    lines = "".join(
        f"<TxInf><OrgnlEndToEndId>{row.end_to_end_id}</OrgnlEndToEndId>"
        '<RtrdIntrBkSttlmAmt Ccy="EUR">100.00</RtrdIntrBkSttlmAmt>'
        "<RtrRsnInf><Rsn><Cd>MD07</Cd></Rsn></RtrRsnInf></TxInf>"
        for row in withdrawals
    )
    return f"<Document><PmtRtr><OrgnlGrpInf><OrgnlMsgId>{name}</OrgnlMsgId></OrgnlGrpInf>{lines}</PmtRtr></Document>"


class TestAnotherFile:
    @pytest.mark.parametrize("said", ["RJCT", "ACCP"])
    def test_a_status_moves_nothing(self, alice: User, one: Withdrawal, said: str) -> None:
        hear(1, status(one, "SOMEBODYS", said))
        assert (statuses([one]), books(alice), kinds()) == (["SUBMITTED"], HELD, ["FOREIGN_FILE"])
        assert ReconciliationBreak.objects.get().details["end_to_end_id"] == one.end_to_end_id

    @pytest.mark.parametrize("file", ["SOMEBODYS", ""])
    def test_a_return_moves_nothing(self, alice: User, one: Withdrawal, file: str) -> None:
        hear(1, back(one, file=file))
        assert (statuses([one]), books(alice), kinds()) == (["SUBMITTED"], HELD, ["FOREIGN_FILE"])
        assert not WithdrawalReturn.objects.exists()

    def test_is_one_break_a_message_however_often_it_is_read(self, one: Withdrawal) -> None:
        hear(1, back(one, file="SOMEBODYS"))
        BankMessage.objects.update(state="RECEIVED", next_attempt_at=AT)
        services.handle_due(at=AT)
        assert kinds() == ["FOREIGN_FILE"]
        hear(2, back(one, file="SOMEBODY ELSES"))
        assert kinds() == ["FOREIGN_FILE", "FOREIGN_FILE"]

    def test_without_an_address_and_a_name_of_ours_only_the_number_is_kept(self, prepared: Withdrawal) -> None:
        theirs = back(prepared, file="SOMEBODYS").replace(prepared.end_to_end_id, "theirs")
        hear(1, theirs, account=None)
        hear(2, status(prepared, "SOMEBODYS", "RJCT").replace(prepared.end_to_end_id, "theirs"), account=None)
        assert set(BankMessage.objects.values_list("state", flat=True)) == {"IGNORED"}
        assert [message.body for message in BankMessage.objects.all()] == ["", ""]
        hear(3, status(prepared, "SOMEBODYS", "RJCT"), account=None)
        assert BankMessage.objects.get(number=3).state == "HANDLED"
        assert (statuses([prepared]), kinds()) == (["SUBMITTED"], ["FOREIGN_FILE"])


class TestCredits:
    def test_a_plain_credit_with_our_reference_is_no_return(self, alice: User, one: Withdrawal) -> None:
        say(1, statement(entry(one.end_to_end_id)))
        again = entry(one.end_to_end_id, side="CRDT")
        say(2, statement(again, opening="900.00", closing="1000.00", number=2, day="2026-11-24"))
        assert (books(alice), kinds()) == (PAID, ["UNKNOWN_ENTRY"])
        assert ReconciliationBreak.objects.get().details["direction"] == "credit"
        assert not WithdrawalReturn.objects.exists()

    def test_an_announced_credit_needs_no_reason_of_its_own(self, alice: User, one: Withdrawal) -> None:
        say(1, statement(entry(one.end_to_end_id)))
        hear(2, back(one))
        again = entry(one.end_to_end_id, side="CRDT")
        say(3, statement(again, opening="900.00", closing="1000.00", number=2, day="2026-11-24"))
        assert (books(alice), kinds()) == (FREE, [])

    def test_a_reversal_is_a_return(self, alice: User, one: Withdrawal) -> None:
        say(1, statement(entry(one.end_to_end_id)))
        again = entry(one.end_to_end_id, side="CRDT").replace("</CdtDbtInd>", "</CdtDbtInd><RvslInd>true</RvslInd>")
        say(2, statement(again, opening="900.00", closing="1000.00", number=2, day="2026-11-24"))
        assert (books(alice), kinds()) == (FREE, [])

    def test_the_second_return_is_told(self, alice: User, one: Withdrawal) -> None:
        credit = entry(one.end_to_end_id, side="CRDT", returned="MD07")
        say(1, statement(entry(one.end_to_end_id), credit, credit, closing="1100.00"))
        assert (books(alice), kinds()) == (FREE, ["RETURNED_TWICE"])
        say(2, statement(credit, opening="1100.00", closing="1200.00", number=2, day="2026-11-24"))
        assert (books(alice), kinds()) == (FREE, ["RETURNED_TWICE", "RETURNED_TWICE"])

    def test_a_credit_for_a_failed_withdrawal_is_told(self, alice: User, one: Withdrawal) -> None:
        hear(1, status(one, PayoutBatch.objects.get().message_id, "RJCT"))
        assert (statuses([one]), books(alice)) == (["FAILED"], FREE)
        say(2, statement(entry(one.end_to_end_id, side="CRDT", returned="MD07"), closing="1100.00"))
        assert (statuses([one]), books(alice), kinds()) == (["FAILED"], FREE, ["RETURNED_UNPAID"])

    def test_a_payment_taken_back_and_never_booked_does_not_come_back(self, alice: User, one: Withdrawal) -> None:
        file = PayoutBatch.objects.get().message_id
        hear(1, status(one, file, "ACCP"))
        hear(2, status(one, file, "RJCT"))
        before = books(alice)
        say(3, statement(entry(one.end_to_end_id, side="CRDT", returned="MD07"), closing="1100.00"))
        assert (books(alice), kinds()) == (before, ["RETURNED_UNPAID"])


class TestReturnsWithoutAPayment:
    def test_of_a_file_that_has_not_left_moves_nothing(self, alice: User, prepared: Withdrawal) -> None:
        hear(1, back(prepared))
        assert (statuses([prepared]), books(alice), kinds()) == (["SUBMITTED"], HELD, ["RETURNED_UNPAID"])
        assert not WithdrawalReturn.objects.exists()
        assert PayoutBatch.objects.get().status == "PREPARED"

    def test_a_credit_for_a_file_that_has_not_left_moves_nothing(self, alice: User, prepared: Withdrawal) -> None:
        say(1, statement(entry(prepared.end_to_end_id, side="CRDT", returned="MD07"), closing="1100.00"))
        assert (statuses([prepared]), books(alice), kinds()) == (["SUBMITTED"], HELD, ["RETURNED_UNPAID"])

    def test_of_what_the_bank_refused_moves_nothing(self, alice: User, one: Withdrawal) -> None:
        hear(1, status(one, PayoutBatch.objects.get().message_id, "RJCT"))
        hear(2, back(one))
        assert (statuses([one]), books(alice), kinds()) == (["FAILED"], FREE, ["RETURNED_UNPAID"])

    def test_a_return_whose_money_does_not_come_is_told(self, alice: User, one: Withdrawal) -> None:
        say(1, statement(entry(one.end_to_end_id)))
        hear(2, back(one))
        say(3, statement(opening="900.00", closing="900.00", number=2, day="2026-11-28"))
        assert kinds() == []
        say(4, statement(opening="900.00", closing="900.00", number=3, day="2026-11-29"))
        say(5, statement(opening="900.00", closing="900.00", number=4, day="2026-11-30"))
        row = ReconciliationBreak.objects.get()
        assert (row.kind, row.details["direction"], row.details["amount_minor"]) == ("NOT_BOOKED", "credit", 10_000)

    def test_what_was_taken_back_before_it_was_booked_is_owed_by_nobody(self, alice: User, one: Withdrawal) -> None:
        file = PayoutBatch.objects.get().message_id
        hear(1, status(one, file, "ACCP"))
        hear(2, status(one, file, "RJCT"))
        say(3, statement(opening="1000.00", closing="1000.00", day="2026-12-30"))
        assert (books(alice), kinds()) == (FREE, [])

    def test_several_are_posted_in_the_order_of_the_wallets(self, alice: User, bob: User, bank: Bank) -> None:
        give_money(bob, money(30_000))
        people = [alice, bob]
        rows = [approved(bank_account(one, at=AT), [10_000], at=AT)[0] for one in people]
        services.build_batch(at=AT)
        PayoutBatch.objects.update(status="SENDING")
        PayoutBatch.objects.update(status="ANSWERED")
        wallets = {row.pk: wallet_id(one) for row, one in zip(rows, people, strict=True)}
        ordered = sorted(rows, key=lambda row: wallets[row.pk], reverse=True)
        with CaptureQueriesContext(connection) as asked:
            hear(1, back(*ordered))
        written = [one["sql"] for one in asked if 'INSERT INTO "payments_withdrawalreturn"' in one["sql"]]
        assert len(written) == 2
        first, second = reversed(ordered)
        assert first.pk.hex in written[0].replace("-", "")
        assert second.pk.hex in written[1].replace("-", "")


class TestStatementsAgain:
    def test_the_same_statement_under_another_number_finds_nothing_new(self, alice: User, one: Withdrawal) -> None:
        say(1, statement(entry(one.end_to_end_id), entry("nobody", "1.00"), closing="899.00"))
        say(2, statement(entry(one.end_to_end_id), entry("nobody", "1.00"), closing="899.00"))
        assert (books(alice), kinds()) == (PAID, ["UNKNOWN_ENTRY"])
        assert BankStatement.objects.count() == 1
        assert not BankMessage.objects.filter(reconciled_at__isnull=True).exists()

    def test_an_empty_one_with_another_balance_is_another(self, one: Withdrawal) -> None:
        say(1, statement(closing="1000.00"))
        say(2, statement(closing="900.00"))
        assert BankStatement.objects.count() == 2
        assert kinds() == ["SUM_DIFFERS"]

    def test_each_wrong_amount_is_a_break_of_its_own(self, alice: User, one: Withdrawal) -> None:
        say(1, statement(entry(one.end_to_end_id, "1.00"), entry(one.end_to_end_id, "2.00"), closing="997.00"))
        assert (books(alice), kinds()) == (HELD, ["WRONG_AMOUNT", "WRONG_AMOUNT"])

    def test_a_return_taken_back_settles_nothing_and_is_told(self, alice: User, one: Withdrawal) -> None:
        debit = entry(one.end_to_end_id).replace("</CdtDbtInd>", "</CdtDbtInd><RvslInd>true</RvslInd>")
        say(1, statement(debit))
        assert (statuses([one]), books(alice), kinds()) == (["SUBMITTED"], HELD, ["REVERSED"])

    def test_an_entry_nobody_can_read_does_not_hide_the_others(self, alice: User, one: Withdrawal) -> None:
        strange = entry("strange").replace('Ccy="EUR"', 'Ccy="XXQ"')
        say(1, statement(strange, entry(one.end_to_end_id)))
        assert BankMessage.objects.get().state == "HANDLED"
        assert (statuses([one]), books(alice), kinds()) == (["SETTLED"], PAID, ["UNREADABLE_ENTRY"])

    def test_a_sum_no_book_can_hold_does_not_stop_the_next(self, alice: User, one: Withdrawal) -> None:
        huge = entry("strange", "80000000000000000.00", side="CRDT")
        say(1, statement(huge, huge))
        assert BankMessage.objects.get(number=1).problem == "not_compared"
        say(2, statement(entry(one.end_to_end_id), number=2))
        assert (statuses([one]), books(alice)) == (["SETTLED"], PAID)
        assert list(BankStatement.objects.values_list("message__number", flat=True)) == [2]

    def test_a_statement_of_another_account_in_a_letter_to_us_waits_for_a_person(self, one: Withdrawal) -> None:
        say(1, statement(entry(one.end_to_end_id), account="0000000100"))
        assert BankMessage.objects.values_list("state", "problem").get() == ("FAILED", "no_account_of_ours")
        assert (statuses([one]), kinds()) == (["SUBMITTED"], [])


class TestGaps:
    def test_a_bank_that_begins_high_is_asked_downwards_and_once(self, bank: Bank, one: Withdrawal) -> None:
        keep([Letter(5_001, "SOMEBODY", "<a/>"), Letter(5_004, "SOMEBODY", "<b/>")], at=AT)
        services.collect(at=AT)
        assert absent() == [5_003, 5_002, *range(5_000, 4_902, -1)]
        services.collect(at=AT)
        assert absent()[100:] == [*range(4_902, 4_802, -1)]


def absent() -> list[int]:
    """The numbers the bank was asked for and has nothing under."""
    rows = BankMessage.objects.filter(sha256="", state="IGNORED").order_by("-number")
    return list(rows.values_list("number", flat=True))
