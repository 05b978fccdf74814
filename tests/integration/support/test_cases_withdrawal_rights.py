"""The page of one withdrawal: who may see, decide and reveal what, and that nobody agrees with themself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError

from accounts.approvals.models import Approval
from accounts.approvals.selectors import differences
from accounts.audit.models import RecordedEvent
from accounts.identity.models import User
from payments.banking import services as banking
from payments.banking.conditions import MUST_HOLD
from payments.banking.errors import OwnEdit, SelfApproval
from payments.banking.models import Withdrawal
from payments.banking.selectors import latest_screening
from tests.factories.people import ORIGIN, make_staff, now
from tests.factories.sessions import browser
from tests.factories.staff import desk, make_officer
from tests.factories.withdrawal_page import act, url, words
from tests.factories.withdrawals import NothingMoved, freeze, fresh, seen
from wallet_project.lib import db

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def erin(db: None) -> User:
    return make_officer("erin", "compliance")


@pytest.fixture
def frank(db: None) -> User:
    return make_officer("frank", "compliance_lead")


class TestNobodyAgreesWithThemself:
    """Refused on the page, in the service, and by the database."""

    def correct(self, officer: User, row: Withdrawal) -> None:
        banking.correct_bank_account(
            by=officer,
            account_id=row.bank_account_id,
            holder_name="Anna Maria Example",
            bic="",
            reason="customer_asked",
            origin=ORIGIN,
            at=now(),
        )

    def test_the_editor_of_the_account(self, erin: User, frank: User, small: Withdrawal) -> None:
        self.correct(erin, small)
        page = desk(erin).get(url(small))
        assert "You edited this bank account, so you can’t approve money to it." in words(page)
        assert "act/approve/" not in page.content.decode()
        assert act(erin, small, "approve").status_code == 403
        with pytest.raises(OwnEdit):
            banking.approve(withdrawal_id=small.pk, by=erin, seen=seen(small), origin=ORIGIN, at=now())
        with pytest.raises(DatabaseError, match="who edited the account does not approve"), db.transaction():
            Withdrawal.objects.filter(pk=small.pk).update(approved_by=erin, approved_at=now())
        assert fresh(small).status == "UNDER_REVIEW"
        assert "You approved it." in words(act(frank, small, "approve"))

    def test_the_first_approver_as_the_second(self, frank: User, large: Withdrawal) -> None:
        act(frank, large, "approve")
        page = desk(frank).get(url(large))
        assert "You gave the first approval. Someone else must give the second." in words(page)
        assert "act/second/" not in page.content.decode()
        assert act(frank, large, "second").status_code == 403
        with pytest.raises(SelfApproval):
            banking.approve_second(withdrawal_id=large.pk, by=frank, seen=seen(large), origin=ORIGIN, at=now())
        with pytest.raises(DatabaseError, match="withdrawal_two_different_approvers"), db.transaction():
            Withdrawal.objects.filter(pk=large.pk).update(second_approved_by=frank, second_approved_at=now())
        assert fresh(large).status == "AWAITING_SECOND_APPROVAL"

    def test_on_the_page_of_approvals_too(self, erin: User, frank: User, large: Withdrawal) -> None:
        act(frank, large, "approve")
        approval = Approval.objects.get(subject_id=large.pk)
        page = f"/admin/accounts/approval/{approval.pk}/"
        assert "You proposed this. Someone else must decide." in words(desk(frank).get(f"{page}change/"))
        refused = desk(frank).post(f"{page}decide/", {"decision": "approve"})
        assert refused.status_code == 403
        assert "Your role cannot decide about this." in words(desk(erin).get(f"{page}change/"))
        assert desk(erin).post(f"{page}decide/", {"decision": "approve"}).status_code == 403
        lead = make_officer("fiona", "compliance_lead")
        lines = {str(line.label): (line.before, line.after, line.changed) for line in differences(approval)}
        assert lines["Status"] == ("Being checked", "Approved", True)
        assert lines["Amount"] == ("€4,800.00", "€4,800.00", False)
        assert "Status Being checked Approved" in words(desk(lead).get(f"{page}change/"))
        assert desk(lead).post(f"{page}decide/", {"decision": "refuse", "reason": ""}).status_code == 400
        assert desk(lead).post(f"{page}decide/", {"decision": "approve"}).status_code == 302
        assert fresh(large).status == "APPROVED"

    def test_a_failed_recheck_is_kept_from_the_page_of_approvals_too(
        self, anna: User, frank: User, large: Withdrawal
    ) -> None:
        act(frank, large, "approve")
        approval = Approval.objects.get(subject_id=large.pk)
        freeze(anna)
        page = f"/admin/accounts/approval/{approval.pk}/"
        lead = make_officer("fiona", "compliance_lead")
        refused = desk(lead).post(f"{page}decide/", {"decision": "approve"})
        assert refused.status_code == 409
        for answer in (refused, desk(lead).get(f"{page}change/")):
            assert "A condition no longer held when it was checked again." in words(answer)
        assert fresh(large).status == "UNDER_REVIEW"
        latest = latest_screening(large)
        assert {row.screening_no for row in latest} == {3}
        assert [row.code for row in latest if not row.passed and row.code in MUST_HOLD] == [
            "person_active",
            "wallet_open",
        ]
        assert "Stops" in words(desk(lead).get(url(large)))


class TestWhoMay:
    @pytest.mark.parametrize("role", ["support", "treasury"])
    def test_these_only_look(self, role: str, anna: User, small: Withdrawal) -> None:
        officer = make_officer("somebody", role)
        page = desk(officer).get(url(small))
        assert page.status_code == 200
        assert "/act/" not in page.content.decode()
        with NothingMoved(anna):
            for name in ("claim", "approve", "second", "refuse", "ask", "reject"):
                sent = {"reason": "no_answer", "question": "Why?", "refusal": "No."}
                assert act(officer, small, name, **sent).status_code == 403

    @pytest.mark.parametrize("role", ["support", "treasury"])
    def test_only_reviewers_read_what_was_written(self, role: str, anna: User, erin: User, small: Withdrawal) -> None:
        act(erin, small, "ask", question="Whose account is it?")
        banking.answer_question(user=anna, withdrawal_id=small.pk, text="My wife’s.", origin=ORIGIN, at=now())
        page = words(desk(make_officer("somebody", role)).get(url(small)))
        assert "The customer answered" in page
        assert "Whose account is it?" not in page
        assert "My wife’s." not in page
        assert "My wife’s." in words(desk(erin).get(url(small)))

    def test_staff_without_a_role_and_customers_see_nothing(self, small: Withdrawal) -> None:
        nobody = make_staff("nobody")
        for path in (url(small), "/admin/payments/withdrawal/"):
            assert desk(nobody).get(path).status_code == 403
        assert desk(nobody).post(url(small, "approve")).status_code == 403
        assert fresh(small).status == "UNDER_REVIEW"

    def test_compliance_does_not_give_the_second_approval(self, erin: User, frank: User, large: Withdrawal) -> None:
        act(frank, large, "approve")
        assert "act/second/" not in desk(erin).get(url(large)).content.decode()
        assert act(erin, large, "second").status_code == 403
        assert fresh(large).status == "AWAITING_SECOND_APPROVAL"


class TestReveal:
    def reveal(self, client: Client, row: Withdrawal, why: str = "withdrawal_review") -> Any:
        return client.post(f"/admin/payments/withdrawal/{row.pk}/reveal/", {"why": why}, follow=True)

    def test_shows_the_whole_data_and_writes_it_down(self, erin: User, anna: User, small: Withdrawal) -> None:
        client = desk(erin)
        page = self.reveal(client, small).content.decode()
        assert "anna@example.com" in page
        assert "+4915112345621" in page
        event = RecordedEvent.objects.get(subject_id=anna.pk, payload__kind="personal_data_read")
        assert (event.actor_kind, event.actor_id) == ("staff", str(erin.pk))
        assert event.payload["details"] == {
            "what": "contact", "reason": "withdrawal_review", "role": "compliance", "about": str(small.pk),
        }  # fmt: skip
        self.reveal(client, small)
        assert RecordedEvent.objects.filter(payload__kind="personal_data_read").count() == 1

    def test_only_in_this_session(self, erin: User, frank: User, small: Withdrawal) -> None:
        self.reveal(desk(erin), small)
        assert "anna@example.com" not in desk(frank).get(url(small)).content.decode()

    def test_needs_a_reason(self, erin: User, small: Withdrawal) -> None:
        for why in ("", "curious"):
            answer = self.reveal(desk(erin), small, why)
            assert answer.status_code == 422
            assert "anna@example.com" not in answer.content.decode()
        assert not RecordedEvent.objects.filter(payload__kind="personal_data_read").exists()

    def test_treasury_may_not(self, small: Withdrawal) -> None:
        answer = self.reveal(desk(make_officer("grace", "treasury")), small)
        assert answer.status_code == 403
        assert "anna@example.com" not in answer.content.decode()

    def test_ends_with_the_right(self, erin: User, small: Withdrawal) -> None:
        client = desk(erin)
        assert "anna@example.com" in self.reveal(client, small).content.decode()
        erin.groups.set(Group.objects.filter(name="treasury"))
        page = client.get(url(small))
        assert page.status_code == 200
        assert "anna@example.com" not in page.content.decode()
        assert "+4915112345621" not in page.content.decode()

    def test_the_customer_sees_who_looked_and_never_who_suspects(
        self, erin: User, anna: User, small: Withdrawal
    ) -> None:
        before = words(browser(anna).get("/security/"))
        assert "Nobody has looked at them." in before
        self.reveal(desk(erin), small, "fraud_suspected")
        page = words(browser(anna).get("/security/"))
        assert "Who saw your data" in page
        assert "Compliance Your e-mail address and phone number To keep accounts safe" in page
        assert "fraud" not in page.lower()
        assert "erin" not in page
