"""Two officers for a large withdrawal: the second pair of eyes, and everything that ends a first approval."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from accounts.approvals import services as approvals
from accounts.approvals.errors import ApprovalVoid
from accounts.approvals.models import Approval
from accounts.staff.policy import COMPLIANCE, COMPLIANCE_LEAD
from ledger.money import Money
from payments.banking import services
from payments.banking.errors import (
    NotPermitted,
    OwnEdit,
    RecheckFailed,
    SelfApproval,
    StateConflict,
)
from payments.banking.models import BankAccount, Withdrawal
from tests.factories.payouts import Books, books
from tests.factories.people import ORIGIN, give_money, now
from tests.factories.staff import make_officer
from tests.factories.withdrawals import (
    NothingMoved,
    add_account,
    confirmed,
    correct,
    freeze,
    fresh,
    screenings,
    seen,
    told,
)

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

HELD = Books(wallet=530_000, held=250_050, clearing=0, bank=0, fees=0)


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
def large(alice: User) -> Withdrawal:
    """EUR 2,500.00: it needs two."""
    give_money(alice, Money(500_000, "EUR"))
    return confirmed(alice, add_account(alice, cooled_off=False), 250_000)


def approve(row: Withdrawal, by: User) -> Withdrawal:
    return services.approve(withdrawal_id=row.pk, by=by, seen=seen(row), origin=ORIGIN, at=now())


def approve_second(row: Withdrawal, by: User) -> Withdrawal:
    return services.approve_second(withdrawal_id=row.pk, by=by, seen=seen(row), origin=ORIGIN, at=now())


class TestSecondApproval:
    def test_two_different_officers(self, alice: User, large: Withdrawal, erin: User, frank: User) -> None:
        first = approve(large, erin)
        assert (first.status, first.approved_by_id) == ("AWAITING_SECOND_APPROVAL", erin.pk)
        proposal = Approval.objects.get(pk=first.approval_id)
        assert (proposal.status, proposal.maker_id, proposal.purpose) == ("PROPOSED", erin.pk, "withdrawal")
        second = approve_second(large, frank)
        assert (second.status, second.second_approved_by_id) == ("APPROVED", frank.pk)
        proposal.refresh_from_db()
        assert (proposal.status, proposal.checker_id) == ("EXECUTED", frank.pk)
        assert told(large)[-2:] == ["withdrawal.first_approved", "withdrawal.approved"]
        assert books(alice) == HELD

    def test_not_twice_by_one(self, alice: User, large: Withdrawal, frank: User) -> None:
        approve(large, frank)
        with NothingMoved(alice), pytest.raises(SelfApproval):
            approve_second(large, frank)

    def test_not_by_an_officer_without_the_role(self, alice: User, large: Withdrawal, frank: User, erin: User) -> None:
        approve(large, frank)
        with NothingMoved(alice), pytest.raises(NotPermitted):
            approve_second(large, erin)

    def test_not_by_who_corrected_the_account_last(
        self, alice: User, large: Withdrawal, erin: User, frank: User, fiona: User
    ) -> None:
        correct(large, fiona)
        approve(large, erin)
        with NothingMoved(alice), pytest.raises(OwnEdit):
            approve_second(large, fiona)
        assert approve_second(large, frank).status == "APPROVED"

    def test_frozen_between_the_two(self, alice: User, large: Withdrawal, erin: User, frank: User) -> None:
        approve(large, erin)
        freeze(alice)
        with pytest.raises(RecheckFailed):
            approve_second(large, frank)
        back = fresh(large)
        assert (back.status, back.approved_by_id, back.approval_id) == ("UNDER_REVIEW", None, None)
        assert Approval.objects.get(subject_id=large.pk).status == "VOIDED"
        assert screenings(large) == 3
        assert books(alice) == HELD

    def test_a_correction_between_the_two_voids_the_first(
        self, alice: User, large: Withdrawal, erin: User, frank: User, fiona: User
    ) -> None:
        first = approve(large, erin)
        correct(large, fiona)
        back = fresh(large)
        assert (back.status, back.approved_by_id, back.bank_account_revision) == ("UNDER_REVIEW", None, 2)
        with NothingMoved(alice), pytest.raises(StateConflict):
            approve_second(large, frank)
        assert Approval.objects.get(pk=first.approval_id).status == "VOIDED"
        approve(large, erin)
        assert approve_second(large, frank).status == "APPROVED"

    @pytest.mark.parametrize("how", ["role", "staff", "frozen"])
    def test_the_first_is_no_officer_any_more(
        self, alice: User, large: Withdrawal, erin: User, frank: User, fiona: User, how: str
    ) -> None:
        approve(large, erin)
        if how == "role":
            erin.groups.clear()
        else:
            gone = {"is_staff": False} if how == "staff" else {"state": "FROZEN"}
            type(erin).objects.filter(pk=erin.pk).update(**gone)
        with pytest.raises(ApprovalVoid):
            approve_second(large, frank)
        back = fresh(large)
        assert (back.status, back.approved_by_id, back.approval_id) == ("UNDER_REVIEW", None, None)
        assert Approval.objects.get(subject_id=large.pk).status == "VOIDED"
        assert books(alice) == HELD
        approve(large, fiona)
        assert approve_second(large, frank).status == "APPROVED"

    def test_not_on_a_page_from_before_the_correction(
        self, alice: User, large: Withdrawal, erin: User, frank: User, fiona: User
    ) -> None:
        approve(large, erin)
        page = seen(large)
        correct(large, fiona)
        approve(large, erin)
        with NothingMoved(alice), pytest.raises(StateConflict):
            services.approve_second(withdrawal_id=large.pk, by=frank, seen=page, origin=ORIGIN, at=now())
        other_proposal = replace(seen(large), approval_id=page.approval_id)
        with NothingMoved(alice), pytest.raises(StateConflict):
            services.approve_second(withdrawal_id=large.pk, by=frank, seen=other_proposal, origin=ORIGIN, at=now())
        assert approve_second(large, frank).status == "APPROVED"

    def test_refused_it_goes_back(self, alice: User, large: Withdrawal, erin: User, frank: User) -> None:
        approve(large, erin)
        back = services.refuse_second(
            withdrawal_id=large.pk, by=frank, reason="Ask for a statement first.", origin=ORIGIN, at=now()
        )
        assert (back.status, back.approved_by_id) == ("UNDER_REVIEW", None)
        assert Approval.objects.get(subject_id=large.pk).status == "REFUSED"
        assert books(alice) == HELD

    def test_open_too_long_it_goes_back(self, large: Withdrawal, erin: User) -> None:
        first = approve(large, erin)
        ends = Approval.objects.get(pk=first.approval_id).expires_at
        assert approvals.expire_due(at=ends) == 1
        assert fresh(large).status == "UNDER_REVIEW"

    def test_the_generic_page_approves_too_but_nothing_changed_meanwhile(
        self, large: Withdrawal, erin: User, frank: User
    ) -> None:
        first = approve(large, erin)
        BankAccount.objects.filter(pk=large.bank_account_id).update(revision=7)
        assert first.approval_id is not None
        with pytest.raises(RecheckFailed) as refused:
            approvals.approve(approval_id=first.approval_id, checker=frank, origin=ORIGIN, at=now())
        assert refused.value.params["conditions"] == "account_unchanged"
        back = fresh(large)
        assert (back.status, back.approval_id, screenings(large)) == ("UNDER_REVIEW", None, 3)
        proposal = Approval.objects.get(pk=first.approval_id)
        assert (proposal.status, proposal.checker) == ("VOIDED", None)
        assert proposal.events.get(to_status="VOIDED").cause == "recheck_failed"

    def test_the_person_cancels_while_it_waits(self, alice: User, large: Withdrawal, erin: User) -> None:
        approve(large, erin)
        services.cancel_withdrawal(user=alice, withdrawal_id=large.pk, origin=ORIGIN, at=now())
        assert Approval.objects.get(subject_id=large.pk).status == "VOIDED"
        assert books(alice) == Books(wallet=530_000, held=0, clearing=0, bank=0, fees=0)
