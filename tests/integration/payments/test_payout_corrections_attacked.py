"""Corrections of payouts when the bank repeats itself, takes its time, or pays back what was settled as booked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from accounts.approvals import services as approvals
from accounts.approvals.models import Approval
from ledger.money import Money
from payments.banking.errors import StateConflict
from payments.banking.models import Withdrawal, WithdrawalReturn
from payments.banking.services import record_return
from payments.payouts import services
from payments.payouts.models import BankMessage, PayoutBatch, PayoutItem
from payments.payouts.services.collecting import keep
from payments.payouts.services.sending import become_unknown
from payments.providers.bank import client
from payments.providers.bank.facts import Letter
from payments.reconciliation.errors import MayBePaid
from payments.reconciliation.models import ReconciliationBreak
from payments.reconciliation.services import as_booked, propose_as_booked, propose_not_paid
from tests.factories.bank_statements import entry, say
from tests.factories.payouts import Books, approved, bank_account, books, status_of
from tests.factories.people import ORIGIN
from tests.factories.staff import make_officer
from wallet_project.lib import db

if TYPE_CHECKING:
    from accounts.identity.models import User
    from tests.fakes.bank import Bank
    from tests.fakes.lossy_line import LossyLine

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 9, tzinfo=UTC)
WORDS = {"reason": "Booked otherwise.", "evidence": "The bank's statement"}
REST = Books(wallet=20_200, held=0, clearing=0, bank=9_750, fees=50)
"""EUR 97.50 of 100.00 was paid; the rest is in the wallet."""


@pytest.fixture
def grace(db: None) -> User:
    return make_officer("grace", "treasury")


@pytest.fixture
def henry(db: None) -> User:
    return make_officer("henry", "treasury")


@pytest.fixture
def sent(alice: User, bank: Bank) -> Withdrawal:
    """EUR 100.00 the bank accepted, and booked as EUR 97.50."""
    (row,) = approved(bank_account(alice, at=AT), [10_000], at=AT)
    services.build_batch(at=AT)
    services.send_due(at=AT)
    bank.behave("silent")
    PayoutBatch.objects.update(unknown_at=AT, next_ask_at=AT)
    services.ask_due(at=AT)
    say(7, entry(row.end_to_end_id, "97.50"), day="2026-11-23", opening="1000.00", closing="902.50", at=AT)
    assert status_of(row) == "SENT"
    return row


def as_it_was(row: Withdrawal, by: User) -> Approval:
    return propose_as_booked(withdrawal_id=row.pk, by=by, origin=ORIGIN, at=LATER, **WORDS)


@pytest.fixture
def settled(sent: Withdrawal, grace: User, henry: User) -> Withdrawal:
    approvals.approve(approval_id=as_it_was(sent, grace).pk, checker=henry, origin=ORIGIN, at=LATER)
    return sent


class TestWhatComesBackAfterwards:
    """The rest is in the wallet already: a return of the whole would be paid twice, so a person decides."""

    def test_a_return_of_the_whole_amount(self, alice: User, settled: Withdrawal) -> None:
        assert books(alice) == REST
        file = PayoutBatch.objects.values_list("message_id", flat=True).get()
        body = (
            f"<Document><PmtRtr><OrgnlGrpInf><OrgnlMsgId>{file}</OrgnlMsgId></OrgnlGrpInf>"
            f"<TxInf><OrgnlEndToEndId>{settled.end_to_end_id}</OrgnlEndToEndId>"
            '<RtrdIntrBkSttlmAmt Ccy="EUR">100.00</RtrdIntrBkSttlmAmt>'
            "<RtrRsnInf><Rsn><Cd>MD07</Cd></Rsn></RtrRsnInf></TxInf></PmtRtr></Document>"
        )
        keep([Letter(8, "WALLET", body)], at=LATER)
        services.handle_due(at=LATER)
        assert (books(alice), WithdrawalReturn.objects.exists()) == (REST, False)
        assert BankMessage.objects.get(number=8).problem == "return_of_another_amount"

    def test_a_reversal_of_the_whole_amount(self, alice: User, settled: Withdrawal) -> None:
        back = entry(settled.end_to_end_id, side="CRDT").replace("</CdtDbtInd>", "</CdtDbtInd><RvslInd>true</RvslInd>")
        say(8, back, day="2026-11-24", opening="902.50", closing="1002.50", at=LATER)
        assert (books(alice), WithdrawalReturn.objects.exists()) == (REST, False)
        assert ReconciliationBreak.objects.get(status="OPEN").kind == "UNKNOWN_ENTRY"

    def test_the_banking_room_takes_no_more_back_than_was_booked(self, alice: User, settled: Withdrawal) -> None:
        with pytest.raises(ValueError, match="at most its amount"), db.transaction():
            record_return(
                withdrawal_id=settled.pk,
                reason_code="MD07",
                amount=Money(10_000, "EUR"),
                message_id=settled.pk,
                at=LATER,
            )
        assert books(alice) == REST


class TestTheSameStatementAgain:
    def test_what_it_says_again_is_not_counted_twice(
        self, alice: User, sent: Withdrawal, grace: User, henry: User
    ) -> None:
        """Statement 7 comes once more, corrected elsewhere: the newer one is what was booked."""
        lines = (entry(sent.end_to_end_id, "97.50"), entry("", "1.00"))
        say(7, *lines, day="2026-11-23", opening="1000.00", closing="901.50", at=LATER, letter=9)
        assert ReconciliationBreak.objects.filter(kind="WRONG_AMOUNT").count() == 2
        proposal = as_it_was(sent, grace)
        assert (proposal.payload["booked_minor"], proposal.payload["loss_minor"]) == (9_750, 0)
        approvals.approve(approval_id=proposal.pk, checker=henry, origin=ORIGIN, at=LATER)
        assert books(alice) == REST
        assert not ReconciliationBreak.objects.filter(kind="WRONG_AMOUNT", status="OPEN").exists()

    def test_what_it_says_no_more_is_not_settled(self, sent: Withdrawal, grace: User) -> None:
        say(7, day="2026-11-23", opening="1000.00", closing="1000.00", at=LATER, letter=9)
        with pytest.raises(StateConflict):
            as_it_was(sent, grace)
        assert status_of(sent) == "SENT"


def test_only_what_was_agreed_is_settled(alice: User, sent: Withdrawal, grace: User, henry: User) -> None:
    """A statement that is compared in the very moment of the decision."""
    proposal = as_it_was(sent, grace)
    more = entry(sent.end_to_end_id, "1.00")
    say(8, more, day="2026-11-24", opening="902.50", closing="901.50", at=LATER)
    before = books(alice)
    proposal.checker = henry
    with pytest.raises(StateConflict), db.transaction():
        as_booked.execute(subject_id=sent.pk, approval=proposal, origin=ORIGIN, at=LATER)
    assert (status_of(sent), books(alice)) == ("SENT", before)


def test_a_lost_file_whose_last_payment_was_settled_is_asked_about_no_more(
    alice: User, bank: Bank, grace: User, henry: User
) -> None:
    (row,) = approved(bank_account(alice, at=AT), [10_000], at=AT)
    services.build_batch(at=AT)
    PayoutBatch.objects.update(status="SENDING", sending_at=AT)
    become_unknown(PayoutBatch.objects.get().pk, cause="duplicate", at=AT)
    say(7, entry(row.end_to_end_id, "97.50"), day="2026-11-23", opening="1000.00", closing="902.50", at=AT)
    approvals.approve(approval_id=as_it_was(row, grace).pk, checker=henry, origin=ORIGIN, at=LATER)
    assert (status_of(row), books(alice)) == ("SETTLED", REST)
    assert PayoutBatch.objects.values_list("status", "next_ask_at", "reported_at").get() == ("ANSWERED", None, LATER)
    assert services.ask_due(at=LATER + timedelta(hours=1)) == 0


class TestNotCertainYet:
    @pytest.fixture
    def unknown(self, alice: User, bank: Bank) -> Withdrawal:
        (row,) = approved(bank_account(alice, at=AT), [10_000], at=AT)
        say(1, day="2026-11-20", opening="1000.00", closing="1000.00", at=AT)
        services.build_batch(at=AT)
        PayoutBatch.objects.update(status="SENDING", sending_at=AT)
        become_unknown(PayoutBatch.objects.get().pk, cause="timeout", at=AT)
        return row

    def why(self, row: Withdrawal, by: User, at: datetime) -> str:
        with pytest.raises(MayBePaid) as doubt:
            propose_not_paid(withdrawal_id=row.pk, by=by, origin=ORIGIN, at=at, **WORDS)
        assert not Approval.objects.exists()
        return str(doubt.value.params["why"])

    def test_it_may_still_be_on_the_wire(self, unknown: Withdrawal, grace: User) -> None:
        """The day's statement was made before the file was handed in."""
        say(2, day="2026-11-23", opening="1000.00", closing="1000.00", at=AT)
        assert self.why(unknown, grace, AT + timedelta(minutes=9)) == "not_asked"

    def test_a_statement_that_was_sent_again_is_no_gap(self, unknown: Withdrawal, grace: User) -> None:
        say(2, day="2026-11-23", opening="1000.00", closing="990.00", at=LATER)
        assert self.why(unknown, grace, LATER) == "statement_gap"
        say(2, day="2026-11-23", opening="1000.00", closing="1000.00", at=LATER, letter=3)
        say(3, day="2026-11-24", opening="1000.00", closing="1000.00", at=LATER, letter=4)
        proposal = propose_not_paid(withdrawal_id=unknown.pk, by=grace, origin=ORIGIN, at=LATER, **WORDS)
        assert proposal.status == "PROPOSED"

    def test_booked_in_one_sum_with_others(self, unknown: Withdrawal, grace: User) -> None:
        """A debit nobody explained hides it, whatever its amount."""
        say(2, entry("", "350.00"), day="2026-11-23", opening="1000.00", closing="650.00", at=LATER)
        assert self.why(unknown, grace, LATER) == "unclear_movement"

    def test_the_bank_has_it_and_has_not_decided(self, unknown: Withdrawal, line: LossyLine, grace: User) -> None:
        for number, day in enumerate(("11-23", "11-24", "11-25", "11-26", "11-27", "11-30"), start=2):
            say(number, day=f"2026-{day}", opening="1000.00", closing="1000.00", at=LATER)

        batch = PayoutBatch.objects.get()
        client.BankOverHttp().send(message_id=batch.message_id, file=batch.file.encode())
        line.fault, line.everything = "pending", True
        assert self.why(unknown, grace, datetime(2026, 12, 1, 9, tzinfo=UTC)) == "not_asked"
        assert PayoutItem.objects.get().answer == "ACCEPTED"
