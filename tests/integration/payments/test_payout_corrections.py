"""Payments that no message of the bank will end: two officers find it was never paid, or settle another amount."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError

from accounts.activity.models import ActivityItem
from accounts.approvals import services as approvals
from accounts.approvals.errors import ApprovalVoid, NotPermitted, ReasonMissing, SelfApproval
from accounts.approvals.models import Approval
from accounts.audit.models import RecordedEvent
from ledger import integrity
from ledger import selectors as ledger
from ledger.chart import platform_account_id
from payments.banking.errors import StateConflict
from payments.banking.models import Withdrawal, WithdrawalEvent
from payments.banking.receipt import receipt_of
from payments.payouts import services
from payments.payouts.models import PayoutBatch, PayoutItem
from payments.payouts.services.collecting import keep
from payments.payouts.services.sending import become_unknown
from payments.providers.bank import client
from payments.providers.bank.facts import Letter
from payments.reconciliation.errors import MayBePaid
from payments.reconciliation.models import ReconciliationBreak
from payments.reconciliation.services import check_clearing, propose_as_booked, propose_not_paid, resolve_break
from tests.factories.bank_statements import entry, say
from tests.factories.payouts import Books, approved, bank_account, books, money, status_of
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
HELD = Books(wallet=30_000, held=10_050, clearing=0, bank=0, fees=0)
SENT = Books(wallet=19_950, held=0, clearing=10_000, bank=0, fees=50)
FREE = Books(wallet=30_000, held=0, clearing=0, bank=0, fees=0)
WORDS = {"reason": "The file was refused.", "evidence": "Letter of Ms Vos, 24 November"}


@pytest.fixture
def grace(db: None) -> User:
    return make_officer("grace", "treasury")


@pytest.fixture
def henry(db: None) -> User:
    return make_officer("henry", "treasury")


def losses() -> int:
    return ledger.balance_now(platform_account_id("losses", "EUR")).posted_minor


def books_are_sound() -> bool:
    """As ``check_ledger`` says, and no cent on its way to or from the bank that nothing explains."""
    bank = [check for check in check_clearing(at=LATER) if check.account == "clearing.bank"]
    return not list(integrity.check()) and not any(check.unexplained_minor for check in bank)


def item() -> PayoutItem:
    return PayoutItem.objects.select_related("batch").get()


def approve(proposal: Approval, by: User, at: datetime = LATER) -> Approval:
    return approvals.approve(approval_id=proposal.pk, checker=by, origin=ORIGIN, at=at)


def causes(withdrawal: Withdrawal) -> list[tuple[str, str]]:
    rows = WithdrawalEvent.objects.filter(withdrawal=withdrawal).order_by("no")
    return list(rows.values_list("to_status", "cause"))[3:]


class TestNeverPaid:
    @pytest.fixture
    def unknown(self, alice: User, bank: Bank) -> Withdrawal:
        """EUR 100.00 in a file the bank calls a duplicate, and which it says it does not have."""
        (row,) = approved(bank_account(alice, at=AT), [10_000], at=AT)
        say(1, day="2026-11-20", opening="1000.00", closing="1000.00", at=AT)
        services.build_batch(at=AT)
        PayoutBatch.objects.update(status="SENDING", sending_at=AT)
        become_unknown(PayoutBatch.objects.get().pk, cause="duplicate", at=AT)
        assert status_of(row) == "UNKNOWN"
        return row

    @pytest.fixture
    def clean(self, unknown: Withdrawal) -> Withdrawal:
        """And the statement of the day does not have it."""
        say(2, day="2026-11-23", opening="1000.00", closing="1000.00", at=LATER)
        return unknown

    def propose(self, row: Withdrawal, by: User, at: datetime = LATER, **words: str) -> Approval:
        said = WORDS | words
        return propose_not_paid(
            withdrawal_id=row.pk, by=by, reason=said["reason"], evidence=said["evidence"], origin=ORIGIN, at=at
        )

    def test_two_officers_release_it(self, alice: User, clean: Withdrawal, grace: User, henry: User) -> None:
        proposal = self.propose(clean, grace)
        assert (proposal.reason, proposal.before["status"], proposal.payload["status"]) == (
            "The file was refused. · Letter of Ms Vos, 24 November",
            "UNKNOWN",
            "FAILED",
        )
        assert (status_of(clean), books(alice)) == ("UNKNOWN", HELD)
        assert approve(proposal, henry).status == "EXECUTED"
        assert (status_of(clean), books(alice), books_are_sound()) == ("FAILED", FREE, True)
        assert causes(clean)[-1] == ("FAILED", "not_paid")
        assert (item().outcome, item().reason, item().answer) == ("REJECTED", "not_paid", "NOT_THERE")
        assert (item().batch.status, item().batch.next_ask_at) == ("REFUSED", None)
        told = RecordedEvent.objects.get(name="payout.found_not_paid").payload
        assert (told["statements"], told["until"], told["answer"]) == (1, "2026-11-23", "NOT_THERE")
        assert RecordedEvent.objects.filter(name="withdrawal.failed").count() == 1
        shown = receipt_of(Withdrawal.objects.get())
        assert (str(shown.label), str(shown.steps[-1].title)) == (
            "Not paid by the bank",
            "Not paid by the bank; the money is available again",
        )

    def test_it_is_never_sent_again_and_a_late_booking_is_found(
        self, alice: User, clean: Withdrawal, bank: Bank, grace: User, henry: User
    ) -> None:
        approve(self.propose(clean, grace), henry)
        for hours in (1, 2, 50):
            assert services.build_batch(at=LATER + timedelta(hours=hours)) is None
            assert services.send_due(at=LATER + timedelta(hours=hours)) == 0
            assert services.ask_due(at=LATER + timedelta(hours=hours)) == 0
        assert bank.files() == 0
        with pytest.raises(DatabaseError, match="was rejected"), db.transaction():
            PayoutItem.objects.update(outcome="")
        say(3, entry(clean.end_to_end_id), day="2026-11-24", opening="1000.00", closing="900.00", at=LATER)
        assert ReconciliationBreak.objects.get().kind == "PAID_AFTER_FAILURE"
        assert books(alice) == FREE

    def test_the_same_officer_is_refused(self, alice: User, clean: Withdrawal, grace: User) -> None:
        proposal = self.propose(clean, grace)
        with pytest.raises(SelfApproval):
            approve(proposal, grace)
        with pytest.raises(DatabaseError, match="approval_maker_is_not_checker"), db.transaction():
            Approval.objects.filter(pk=proposal.pk).update(status="APPROVED", checker=grace, decided_at=LATER)
        assert (status_of(clean), books(alice)) == ("UNKNOWN", HELD)

    @pytest.mark.parametrize("role", ["support", "compliance", "compliance_lead"])
    def test_others_neither_propose_nor_approve(self, role: str, clean: Withdrawal, grace: User) -> None:
        other = make_officer("other", role)
        with pytest.raises(NotPermitted):
            self.propose(clean, other)
        with pytest.raises(NotPermitted):
            approve(self.propose(clean, grace), other)
        assert status_of(clean) == "UNKNOWN"

    def test_it_says_why_and_what_shows_it(self, clean: Withdrawal, grace: User) -> None:
        with pytest.raises(ReasonMissing):
            self.propose(clean, grace, reason=" ")
        with pytest.raises(ReasonMissing):
            self.propose(clean, grace, evidence=" ")
        assert not Approval.objects.exists()

    def test_the_bank_speaks_before_the_second_agrees(
        self, alice: User, clean: Withdrawal, grace: User, henry: User
    ) -> None:
        """It has the file after all: it is asked, and what it says is followed."""
        proposal = self.propose(clean, grace)
        client.BankOverHttp().send(message_id=item().batch.message_id, file=item().batch.file.encode())
        with pytest.raises(ApprovalVoid):
            approve(proposal, henry)
        proposal.refresh_from_db()
        assert (proposal.status, status_of(clean), books(alice)) == ("VOIDED", "SENT", SENT)

    def test_booked_before_the_second_agrees(self, clean: Withdrawal, grace: User, henry: User) -> None:
        proposal = self.propose(clean, grace)
        say(3, entry(clean.end_to_end_id), day="2026-11-24", opening="1000.00", closing="900.00", at=LATER)
        with pytest.raises(ApprovalVoid):
            approve(proposal, henry)
        assert status_of(clean) == "SETTLED"

    def test_refused_or_expired_it_stays(self, alice: User, clean: Withdrawal, grace: User, henry: User) -> None:
        proposal = self.propose(clean, grace)
        approvals.refuse(approval_id=proposal.pk, checker=henry, reason="Ask again.", origin=ORIGIN, at=LATER)
        second = self.propose(clean, grace)
        assert approvals.expire_due(at=second.expires_at) == 1
        assert (status_of(clean), books(alice), item().outcome) == ("UNKNOWN", HELD, "")

    def test_without_an_answer_of_the_bank_only_when_its_time_is_over(
        self, alice: User, clean: Withdrawal, line: LossyLine, grace: User, henry: User
    ) -> None:
        line.fault, line.everything = "500", True
        with pytest.raises(MayBePaid) as doubt:
            self.propose(clean, grace)
        assert doubt.value.params["why"] == "not_asked"
        for number, day in ((3, "2026-11-24"), (4, "2026-11-25"), (5, "2026-11-26"), (6, "2026-11-27")):
            say(number, day=day, opening="1000.00", closing="1000.00", at=LATER)
        say(7, day="2026-11-30", opening="1000.00", closing="1000.00", at=LATER)
        at = datetime(2026, 12, 1, 9, tzinfo=UTC)
        approve(self.propose(clean, grace, at), henry, at)
        assert (status_of(clean), books(alice)) == ("FAILED", FREE)

    def test_the_bank_is_silent_when_the_second_agrees(
        self, alice: User, clean: Withdrawal, line: LossyLine, grace: User, henry: User
    ) -> None:
        proposal = self.propose(clean, grace)
        line.fault, line.everything = "500", True
        with pytest.raises(MayBePaid):
            approve(proposal, henry, LATER + timedelta(minutes=1))
        proposal.refresh_from_db()
        assert (proposal.status, status_of(clean), books(alice)) == ("PROPOSED", "UNKNOWN", HELD)

    @pytest.mark.parametrize(
        ("number", "opening", "entries", "why"),
        [
            (2, "1000.00", ["<Ntry/>"], "unclear_movement"),
            (2, "1000.00", [entry("nobody")], "unclear_movement"),
            (2, "990.00", [], "statement_gap"),
            (3, "1000.00", [], "statement_gap"),
        ],
    )
    def test_what_the_statements_do_not_show(
        self, unknown: Withdrawal, grace: User, number: int, opening: str, entries: list[str], why: str
    ) -> None:
        closing = "900.00" if entries == [entry("nobody")] else opening
        say(number, *entries, day="2026-11-23", opening=opening, closing=closing, at=LATER)
        with pytest.raises(MayBePaid) as doubt:
            self.propose(unknown, grace)
        assert doubt.value.params["why"] == why
        assert not Approval.objects.exists()

    def test_statements_that_are_missing_or_unread(self, unknown: Withdrawal, grace: User) -> None:
        with pytest.raises(MayBePaid) as doubt:
            self.propose(unknown, grace)
        assert doubt.value.params["why"] == "statements_behind"
        keep([Letter(2, "WALLET", "<Document/>")], at=LATER)
        with pytest.raises(MayBePaid) as doubt:
            self.propose(unknown, grace)
        assert doubt.value.params["why"] == "unread_messages"


class TestBookedOtherwise:
    @pytest.fixture
    def sent(self, alice: User, bank: Bank) -> Withdrawal:
        """EUR 100.00 the bank accepted."""
        (row,) = approved(bank_account(alice, at=AT), [10_000], at=AT)
        services.build_batch(at=AT)
        services.send_due(at=AT)
        bank.behave("silent")
        PayoutBatch.objects.update(unknown_at=AT, next_ask_at=AT)
        services.ask_due(at=AT)
        assert (status_of(row), books(alice)) == ("SENT", SENT)
        return row

    def booked(self, row: Withdrawal, amount: str, closing: str) -> None:
        say(7, entry(row.end_to_end_id, amount), day="2026-11-23", opening="1000.00", closing=closing, at=AT)
        assert ReconciliationBreak.objects.get().kind == "WRONG_AMOUNT"

    def propose(self, row: Withdrawal, by: User) -> Approval:
        return propose_as_booked(withdrawal_id=row.pk, by=by, origin=ORIGIN, at=LATER, **WORDS)

    def test_less_arrived_and_the_rest_is_in_the_wallet(
        self, alice: User, sent: Withdrawal, grace: User, henry: User
    ) -> None:
        self.booked(sent, "97.50", "902.50")
        proposal = self.propose(sent, grace)
        assert (proposal.payload["booked_minor"], proposal.payload["rest_minor"]) == (9_750, 250)
        assert (status_of(sent), books(alice)) == ("SENT", SENT)
        approve(proposal, henry)
        assert status_of(sent) == "SETTLED"
        assert books(alice) == Books(wallet=20_200, held=0, clearing=0, bank=9_750, fees=50)
        assert (losses(), books_are_sound()) == (0, True)
        finding = ReconciliationBreak.objects.get(kind="WRONG_AMOUNT")
        assert (finding.status, finding.resolved_by, finding.note) == ("RESOLVED", henry, proposal.reason)
        booked = PayoutItem.objects.values_list("booked_on", "statement__number").get()
        assert booked == (date(2026, 11, 23), 7)
        assert causes(sent)[-1] == ("SETTLED", "settled_as_booked")
        rest = ActivityItem.objects.get(user=alice, direction="IN", kind="withdrawal")
        assert (rest.amount_minor, rest.state) == (250, "RETURNED")
        shown = receipt_of(Withdrawal.objects.get())
        assert (shown.arrived, shown.rest) == (money(9_750), money(250))
        assert [(step.code, str(step.title)) for step in shown.steps[-2:]] == [
            ("arrived", "Arrived, with another amount"),
            ("rest_back", "The rest is back in your wallet"),
        ]

    def test_more_was_paid_and_it_is_our_loss(self, alice: User, sent: Withdrawal, grace: User, henry: User) -> None:
        self.booked(sent, "100.01", "899.99")
        approve(self.propose(sent, grace), henry)
        assert status_of(sent) == "SETTLED"
        assert books(alice) == Books(wallet=19_950, held=0, clearing=0, bank=10_001, fees=50)
        assert (losses(), books_are_sound()) == (-1, True)
        shown = receipt_of(Withdrawal.objects.get())
        assert (shown.arrived, shown.rest) == (money(10_001), None)

    def test_booked_in_two_parts(self, alice: User, sent: Withdrawal, grace: User, henry: User) -> None:
        parts = [entry(sent.end_to_end_id, "60.00"), entry(sent.end_to_end_id, "40.00")]
        say(7, *parts, day="2026-11-23", opening="1000.00", closing="900.00", at=AT)
        approve(self.propose(sent, grace), henry)
        assert books(alice) == Books(wallet=19_950, held=0, clearing=0, bank=10_000, fees=50)
        assert not ReconciliationBreak.objects.filter(status="OPEN").exists()

    def test_taken_by_nobody_before(self, alice: User, bank: Bank, grace: User, henry: User) -> None:
        """The bank never reported: what it booked is the first thing it says."""
        (row,) = approved(bank_account(alice, at=AT), [10_000], at=AT)
        bank.behave("silent")
        services.build_batch(at=AT)
        services.send_due(at=AT)
        PayoutBatch.objects.filter(status="UNKNOWN").update(status="ANSWERED")
        self.booked(row, "99.00", "901.00")
        assert books(alice) == HELD
        approve(self.propose(row, grace), henry)
        assert (status_of(row), books(alice)) == (
            "SETTLED",
            Books(wallet=20_050, held=0, clearing=0, bank=9_900, fees=50),
        )
        assert books_are_sound()

    def test_another_movement_voids_the_proposal(self, alice: User, sent: Withdrawal, grace: User, henry: User) -> None:
        self.booked(sent, "97.50", "902.50")
        proposal = self.propose(sent, grace)
        more = entry(sent.end_to_end_id, "1.00")
        say(8, more, day="2026-11-24", opening="902.50", closing="901.50", at=LATER)
        with pytest.raises(ApprovalVoid):
            approve(proposal, henry)
        assert (status_of(sent), books(alice)) == ("SENT", SENT)
        approve(self.propose(sent, grace), henry)
        assert books(alice).bank == 9_850

    def test_put_right_by_the_bank_before_the_second_agrees(
        self, alice: User, sent: Withdrawal, grace: User, henry: User
    ) -> None:
        self.booked(sent, "97.50", "902.50")
        proposal = self.propose(sent, grace)
        back = entry(sent.end_to_end_id, "97.50", "CRDT")
        right = entry(sent.end_to_end_id)
        say(8, back, right, day="2026-11-24", opening="902.50", closing="900.00", at=LATER)
        with pytest.raises(ApprovalVoid):
            approve(proposal, henry)
        assert status_of(sent) == "SETTLED"
        assert books(alice) == Books(wallet=19_950, held=0, clearing=0, bank=10_000, fees=50)
        with pytest.raises(StateConflict):
            self.propose(sent, grace)

    def test_a_finding_that_was_closed_by_hand_still_counts(
        self, alice: User, sent: Withdrawal, grace: User, henry: User
    ) -> None:
        self.booked(sent, "97.50", "902.50")
        finding = ReconciliationBreak.objects.get()
        resolve_break(break_id=finding.pk, by=henry, note="Seen.", origin=ORIGIN, at=AT)
        approve(self.propose(sent, grace), henry)
        finding.refresh_from_db()
        assert (status_of(sent), finding.note) == ("SETTLED", "Seen.")

    def test_without_such_a_finding_there_is_nothing_to_settle(self, sent: Withdrawal, grace: User) -> None:
        with pytest.raises(StateConflict):
            self.propose(sent, grace)
        assert not Approval.objects.exists()

    def test_the_same_officer_is_refused(self, alice: User, sent: Withdrawal, grace: User) -> None:
        self.booked(sent, "97.50", "902.50")
        proposal = self.propose(sent, grace)
        with pytest.raises(SelfApproval):
            approve(proposal, grace)
        with pytest.raises(DatabaseError, match="approval_maker_is_not_checker"), db.transaction():
            Approval.objects.filter(pk=proposal.pk).update(status="APPROVED", checker=grace, decided_at=LATER)
        assert (status_of(sent), books(alice)) == ("SENT", SENT)
