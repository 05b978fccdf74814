"""What officers do: claim, approve, reject, ask, correct; and what they must not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from accounts.activity.models import ActivityItem
from accounts.approvals.models import Approval
from accounts.audit.models import RecordedEvent
from accounts.staff.policy import COMPLIANCE, COMPLIANCE_LEAD, SUPPORT
from accounts.stepup import services as stepup
from accounts.stepup.errors import ChallengeExpired
from accounts.stepup.selectors import open_challenge_of
from accounts.wallets.selectors import wallet_of
from ledger import services as ledger
from ledger.money import Money
from payments.banking import services
from payments.banking.errors import (
    AlreadyClaimed,
    BicInvalid,
    NotPermitted,
    OwnEdit,
    QuestionEmpty,
    ReasonMissing,
    RecheckFailed,
    StateConflict,
)
from payments.banking.models import BankAccount, Withdrawal, WithdrawalQuestion
from payments.banking.postings import hold_id
from payments.banking.receipt import receipt_of
from payments.banking.selectors import latest_screening
from tests.factories.payouts import Books, books
from tests.factories.people import ORIGIN, PIN, give_money, now
from tests.factories.staff import make_officer
from tests.factories.withdrawals import (
    NothingMoved,
    add_account,
    confirmed,
    correct,
    freeze,
    fresh,
    requested,
    screenings,
    seen,
    submitted,
    told,
)
from wallet_project.lib import db
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

SMALL_HELD = Books(wallet=30_000, held=1_050, clearing=0, bank=0, fees=0)
UNTOUCHED = Books(wallet=30_000, held=0, clearing=0, bank=0, fees=0)


@pytest.fixture
def erin(db: None) -> User:
    return make_officer("erin", COMPLIANCE)


@pytest.fixture
def frank(db: None) -> User:
    return make_officer("frank", COMPLIANCE_LEAD)


@pytest.fixture
def fiona(db: None) -> User:
    return make_officer("fiona", COMPLIANCE_LEAD)


@pytest.fixture
def row(alice: User) -> Withdrawal:
    """EUR 10.00 to a new account: it waits for an officer."""
    return confirmed(alice, add_account(alice, cooled_off=False), 1_000)


@pytest.fixture
def large(alice: User) -> Withdrawal:
    """EUR 2,500.00: it needs two."""
    give_money(alice, Money(500_000, "EUR"))
    return confirmed(alice, add_account(alice, cooled_off=False), 250_000)


def approve(row: Withdrawal, by: User) -> Withdrawal:
    return services.approve(withdrawal_id=row.pk, by=by, seen=seen(row), origin=ORIGIN, at=now())


class TestClaim:
    def test_one_officer_works_on_it(self, row: Withdrawal, erin: User, frank: User) -> None:
        services.claim(withdrawal_id=row.pk, by=erin, origin=ORIGIN, at=now())
        services.claim(withdrawal_id=row.pk, by=erin, origin=ORIGIN, at=now())
        assert fresh(row).claimed_by_id == erin.pk
        for verb in (services.claim, services.unclaim):
            with pytest.raises(AlreadyClaimed):
                verb(withdrawal_id=row.pk, by=frank, origin=ORIGIN, at=now())
        with pytest.raises(AlreadyClaimed):
            approve(row, frank)
        services.unclaim(withdrawal_id=row.pk, by=erin, origin=ORIGIN, at=now())
        services.claim(withdrawal_id=row.pk, by=frank, origin=ORIGIN, at=now())
        assert fresh(row).claimed_by_id == frank.pk

    def test_only_what_is_in_review(self, alice: User, erin: User) -> None:
        waiting = requested(alice, add_account(alice), 1_000)
        with pytest.raises(StateConflict):
            services.claim(withdrawal_id=waiting.pk, by=erin, origin=ORIGIN, at=now())

    def test_only_with_the_role(self, alice: User, row: Withdrawal, dave: User) -> None:
        support = make_officer("sue", SUPPORT)
        for nobody in (dave, support, alice):
            with NothingMoved(alice), pytest.raises(NotPermitted):
                services.claim(withdrawal_id=row.pk, by=nobody, origin=ORIGIN, at=now())
            with NothingMoved(alice), pytest.raises(NotPermitted):
                approve(row, nobody)
            with NothingMoved(alice), pytest.raises(NotPermitted):
                services.reject(withdrawal_id=row.pk, by=nobody, reason="security", origin=ORIGIN, at=now())
            with NothingMoved(alice), pytest.raises(NotPermitted):
                services.ask(withdrawal_id=row.pk, by=nobody, question="Who?", origin=ORIGIN, at=now())


class TestApprove:
    def test_a_small_one_goes_to_the_bank(self, alice: User, row: Withdrawal, erin: User) -> None:
        approved = approve(row, erin)
        assert (approved.status, approved.approved_by_id, approved.auto_approved) == ("APPROVED", erin.pk, False)
        assert screenings(row) == 2
        assert told(row)[-1] == "withdrawal.approved"
        assert books(alice) == SMALL_HELD
        assert ActivityItem.objects.get(subject_id=row.pk).state == "APPROVED"

    def test_once(self, alice: User, row: Withdrawal, erin: User, frank: User) -> None:
        approve(row, erin)
        for officer in (erin, frank):
            with NothingMoved(alice), pytest.raises(StateConflict):
                approve(row, officer)

    def test_not_what_changed_since_the_page_was_read(self, alice: User, row: Withdrawal, erin: User) -> None:
        with NothingMoved(alice), pytest.raises(StateConflict):
            services.approve(
                withdrawal_id=row.pk,
                by=erin,
                seen=replace(seen(row), revision=row.revision - 1),
                origin=ORIGIN,
                at=now(),
            )

    def test_not_an_account_that_was_corrected_since(
        self, alice: User, row: Withdrawal, erin: User, frank: User
    ) -> None:
        page = seen(row)
        correct(row, erin)
        with NothingMoved(alice), pytest.raises(StateConflict):
            services.approve(withdrawal_id=row.pk, by=frank, seen=page, origin=ORIGIN, at=now())
        assert approve(row, frank).status == "APPROVED"

    def test_not_by_who_corrected_the_account_last(self, alice: User, row: Withdrawal, erin: User, frank: User) -> None:
        correct(row, erin)
        with NothingMoved(alice), pytest.raises(OwnEdit):
            approve(row, erin)
        assert approve(row, frank).status == "APPROVED"

    def test_not_by_who_corrected_it_before_somebody_else_did(
        self, alice: User, row: Withdrawal, erin: User, frank: User, fiona: User
    ) -> None:
        correct(row, erin)
        correct(row, fiona, holder="Alice Maria Example")
        for editor in (erin, fiona):
            with NothingMoved(alice), pytest.raises(OwnEdit):
                approve(row, editor)
        assert approve(row, frank).status == "APPROVED"

    def test_the_person_was_frozen_since(self, alice: User, row: Withdrawal, erin: User) -> None:
        freeze(alice)
        with pytest.raises(RecheckFailed) as refused:
            approve(row, erin)
        assert refused.value.params["conditions"] == "person_active,wallet_open"
        assert fresh(row).status == "UNDER_REVIEW"
        assert fresh(row).approved_by_id is None
        assert screenings(row) == 2
        assert books(alice) == SMALL_HELD

    def test_the_wallet_was_frozen_since(self, alice: User, row: Withdrawal, erin: User) -> None:
        wallet = wallet_of(alice, "EUR")
        assert wallet is not None
        ledger.freeze(account_id=wallet.id, debit=True, credit=False, at=now())
        with pytest.raises(RecheckFailed):
            approve(row, erin)
        assert [one.code for one in latest_screening(row) if one.code == "wallet_open" and not one.passed]
        ledger.unfreeze(account_id=wallet.id, at=now())
        assert approve(row, erin).status == "APPROVED"

    def test_the_hold_is_gone(self, row: Withdrawal, erin: User) -> None:
        with db.transaction():
            ledger.release_hold(hold_id=hold_id(row.pk), at=now())
        with pytest.raises(RecheckFailed) as refused:
            approve(row, erin)
        assert refused.value.params["conditions"] == "hold_open"
        assert fresh(row).status == "UNDER_REVIEW"


class TestReject:
    def test_releases_everything_and_says_why(self, alice: User, row: Withdrawal, erin: User) -> None:
        rejected = services.reject(
            withdrawal_id=row.pk, by=erin, reason="security", note="Call us.", origin=ORIGIN, at=now()
        )
        assert (rejected.status, rejected.reason, rejected.reason_note) == ("REJECTED", "security", "Call us.")
        assert rejected.rejected_by_id == erin.pk
        assert told(row)[-1] == "withdrawal.rejected"
        assert books(alice) == UNTOUCHED

    def test_not_without_a_reason(self, alice: User, row: Withdrawal, erin: User) -> None:
        for reason in ("", "because", "other"):
            for note in ("", " \u202e\u200f\n"):
                with NothingMoved(alice), pytest.raises(ReasonMissing):
                    services.reject(withdrawal_id=row.pk, by=erin, reason=reason, note=note, origin=ORIGIN, at=now())

    def test_also_while_a_second_is_awaited(self, alice: User, large: Withdrawal, erin: User) -> None:
        approve(large, erin)
        services.reject(withdrawal_id=large.pk, by=erin, reason="security", origin=ORIGIN, at=now())
        assert Approval.objects.get(subject_id=large.pk).status == "VOIDED"
        assert books(alice).held == 0

    def test_not_what_is_approved(self, alice: User, row: Withdrawal, erin: User) -> None:
        approve(row, erin)
        with NothingMoved(alice), pytest.raises(StateConflict):
            services.reject(withdrawal_id=row.pk, by=erin, reason="security", origin=ORIGIN, at=now())


class TestAsk:
    def test_a_question_and_its_answer(self, alice: User, row: Withdrawal, erin: User) -> None:
        asked = services.ask(withdrawal_id=row.pk, by=erin, question="Whose account is it?", origin=ORIGIN, at=now())
        assert asked.status == "AWAITING_CUSTOMER"
        with NothingMoved(alice), pytest.raises(StateConflict):
            approve(row, erin)
        answered = services.answer_question(user=alice, withdrawal_id=row.pk, text="Mine.", origin=ORIGIN, at=now())
        assert answered.status == "UNDER_REVIEW"
        question = WithdrawalQuestion.objects.get(withdrawal=row)
        assert (question.question, question.answer) == ("Whose account is it?", "Mine.")
        assert told(row)[-2:] == ["withdrawal.question_asked", "withdrawal.question_answered"]
        services.ask(withdrawal_id=row.pk, by=erin, question="Since when?", origin=ORIGIN, at=now())
        assert fresh(row).status == "AWAITING_CUSTOMER"
        assert books(alice) == SMALL_HELD

    def test_words_are_needed(self, alice: User, row: Withdrawal, erin: User) -> None:
        with NothingMoved(alice), pytest.raises(QuestionEmpty):
            services.ask(withdrawal_id=row.pk, by=erin, question=" \u200b ", origin=ORIGIN, at=now())
        services.ask(withdrawal_id=row.pk, by=erin, question="Why?", origin=ORIGIN, at=now())
        with NothingMoved(alice), pytest.raises(QuestionEmpty):
            services.answer_question(user=alice, withdrawal_id=row.pk, text="  ", origin=ORIGIN, at=now())

    def test_nobody_else_answers(self, alice: User, bob: User, row: Withdrawal, erin: User) -> None:
        services.ask(withdrawal_id=row.pk, by=erin, question="Why?", origin=ORIGIN, at=now())
        with NothingMoved(alice), pytest.raises(NotFound):
            services.answer_question(user=bob, withdrawal_id=row.pk, text="Hi", origin=ORIGIN, at=now())

    def test_nothing_was_asked(self, alice: User, row: Withdrawal) -> None:
        with NothingMoved(alice), pytest.raises(StateConflict):
            services.answer_question(user=alice, withdrawal_id=row.pk, text="Hi", origin=ORIGIN, at=now())


class TestCorrect:
    def test_a_new_revision_that_cools_off_anew(self, row: Withdrawal, erin: User) -> None:
        before = BankAccount.objects.get(pk=row.bank_account_id)
        account = correct(row, erin, holder="Alice Maria Example", bic="DEUTDEFF")
        assert (account.revision, account.last_editor_id, account.bic) == (2, erin.pk, "DEUTDEFF")
        assert account.holder_name == "Alice Maria Example"
        assert account.iban == before.iban
        assert account.cool_off_until is not None
        assert before.cool_off_until is not None
        assert account.cool_off_until > before.cool_off_until
        corrected = RecordedEvent.objects.get(name="bank_account.corrected")
        assert corrected.payload["reason"] == "typing_mistake"
        assert fresh(row).bank_account_revision == 2

    def test_what_was_approved_is_looked_at_again(self, alice: User, erin: User) -> None:
        row = confirmed(alice, add_account(alice), 1_000)
        assert row.auto_approved
        correct(row, erin)
        back = fresh(row)
        assert (back.status, back.auto_approved) == ("UNDER_REVIEW", False)
        steps = {step.code: step.state for step in receipt_of(back).steps}
        assert (steps["checking"], steps["approved"]) == ("now", "todo")
        assert screenings(row) == 2
        assert books(alice) == SMALL_HELD

    def test_what_the_bank_has_stays(self, alice: User, erin: User) -> None:
        row = submitted(confirmed(alice, add_account(alice), 1_000))
        correct(row, erin)
        assert fresh(row).status == "SUBMITTED"

    def test_what_waits_for_the_pin_is_confirmed_anew(self, alice: User, erin: User) -> None:
        row = requested(alice, add_account(alice), 1_000)
        old = open_challenge_of(row.pk)
        assert old is not None
        correct(row, erin)
        with pytest.raises(ChallengeExpired):
            stepup.answer(challenge_id=old.pk, user=alice, method="pin", code=PIN, at=now(), origin=ORIGIN)
        new = stepup.renew(challenge_id=old.pk, user=alice, at=now(), origin=ORIGIN)
        stepup.answer(challenge_id=new.pk, user=alice, method="pin", code=PIN, at=now(), origin=ORIGIN)
        assert fresh(row).status == "UNDER_REVIEW"

    def test_refusals(self, alice: User, row: Withdrawal, erin: User, dave: User) -> None:
        with NothingMoved(alice), pytest.raises(NotPermitted):
            correct(row, dave)
        with NothingMoved(alice), pytest.raises(BicInvalid):
            correct(row, erin, bic="BNPAFRPP")
        with NothingMoved(alice), pytest.raises(StateConflict):
            correct(row, erin, holder="Alice Example")
        for reason in ("", "Alice called and said so"):
            with NothingMoved(alice), pytest.raises(ReasonMissing):
                correct(row, erin, reason=reason)
        assert BankAccount.objects.get(pk=row.bank_account_id).revision == 1
