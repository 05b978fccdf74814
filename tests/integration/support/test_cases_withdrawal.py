"""The page of one withdrawal: what an officer sees and does there, and what is refused."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError

from accounts.activity.models import ActivityItem
from accounts.approvals.models import Approval
from accounts.approvals.selectors import differences
from accounts.audit.models import RecordedEvent
from accounts.identity.models import User
from accounts.wallets.selectors import wallet_of
from ledger import services as ledger
from ledger.money import Money
from payments.banking import services as banking
from payments.banking.conditions import MUST_HOLD
from payments.banking.errors import OwnEdit, SelfApproval
from payments.banking.models import Withdrawal, WithdrawalQuestion
from payments.banking.selectors import latest_screening
from tests.factories.people import ORIGIN, available_minor, give_money, make_person, make_staff, now
from tests.factories.sessions import browser
from tests.factories.staff import desk, make_officer
from tests.factories.withdrawals import NothingMoved, add_account, confirmed, freeze, seen
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

SMALL, LARGE = 60_000, 480_000


@pytest.fixture
def anna(db: None) -> User:
    """EUR 6,000.00, an account that has cooled off, so only the amount makes a person look."""
    user = make_person("anna", phone="+4915112345621", phone_verified_at=now() - timedelta(days=9))
    give_money(user, Money(600_000, "EUR"))
    return user


@pytest.fixture
def erin(db: None) -> User:
    return make_officer("erin", "compliance")


@pytest.fixture
def frank(db: None) -> User:
    return make_officer("frank", "compliance_lead")


@pytest.fixture
def small(anna: User) -> Withdrawal:
    return confirmed(anna, add_account(anna), SMALL)


@pytest.fixture
def large(anna: User) -> Withdrawal:
    return confirmed(anna, add_account(anna), LARGE)


def url(row: Withdrawal, act: str = "") -> str:
    page = f"/admin/payments/withdrawal/{row.pk}/"
    return f"{page}act/{act}/" if act else f"{page}change/"


def again(row: Withdrawal) -> Withdrawal:
    return Withdrawal.objects.get(pk=row.pk)


def act(officer: User, row: Withdrawal, name: str, **sent: Any) -> Any:
    return desk(officer).post(url(row, name), {**shown(row), **sent}, follow=True)


def shown(row: Withdrawal) -> dict[str, Any]:
    """The hidden fields of a page made now."""
    what = seen(row)
    return {
        "revision": what.revision,
        "account_revision": what.account_revision,
        "approval": what.approval_id or "",
    }


def words(answer: Any) -> str:
    """The page's text, in one line."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(text.replace("&#x27;", "'").split())


class TestThePage:
    def test_says_what_is_asked_for_and_why_a_person_looks(self, erin: User, large: Withdrawal) -> None:
        Withdrawal.objects.filter(pk=large.pk).update(review_due_at=now() + timedelta(hours=4))
        answer = desk(erin).get(url(large))
        page = words(answer)
        assert answer.status_code == 200
        assert "€4,800.00 to DE•• •••• 3000" in page
        assert "Anna E••• · tier 0" in page
        assert "More than €500.00, what tier 0 may take out unseen" in page
        assert "Name at bank: match" in page
        assert "Held €4,800.50" in page
        assert "Due in 3 h 59 min" in page
        assert "Approve (1 of 2)" in page

    def test_masks_the_customer(self, erin: User, large: Withdrawal) -> None:
        page = desk(erin).get(url(large)).content.decode()
        for whole in ("anna@example.com", "15112345621", "DE89370400440532013000", "Anna Example"):
            assert whole not in page
        assert "a•••@e•••.com" in page
        assert "+49 151••••5621" in page

    def test_says_where_the_money_came_from(self, erin: User, large: Withdrawal) -> None:
        page = words(desk(erin).get(url(large)))
        assert "Added money Arrived €6,000.00" in page

    def test_says_which_card_money_is_still_maturing(self, anna: User, erin: User, large: Withdrawal) -> None:
        added, wallet = ActivityItem.objects.get(user=anna, kind="top_up"), wallet_of(anna, "EUR")
        assert wallet is not None
        with db.transaction():
            ledger.place_hold(
                hold_id=ids.derive(added.subject_id, "maturing"),
                account_id=wallet.id,
                amount=Money(5_000, "EUR"),
                reason="MATURING",
                expires_at=now() + timedelta(days=2, minutes=1),
                at=now(),
            )
        assert "Matures in 2 d" in words(desk(erin).get(url(large)))

    def test_reads_in_chinese(self, large: Withdrawal) -> None:
        page = words(desk(make_officer("lili", "compliance", language="zh-hans")).get(url(large)))
        assert "批准（1/2）" in page
        assert "资金来源" in page

    def test_a_strange_id_is_not_found(self, erin: User, large: Withdrawal) -> None:
        client = desk(erin)
        unknown = "/admin/payments/withdrawal/0190c9a0-0000-7000-8000-000000000001/"
        assert client.get(f"{unknown}change/").status_code == 404
        assert client.get("/admin/payments/withdrawal/nothing/change/").status_code == 404
        assert client.post(f"{unknown}act/approve/").status_code == 404
        assert client.post(url(large, "steal")).status_code == 404
        assert client.get(url(large, "approve")).status_code == 405

    def test_every_state_has_a_page(self, erin: User, small: Withdrawal) -> None:
        client = desk(erin)
        assert client.get(url(small)).status_code == 200
        client.post(url(small, "reject"), {"reason": "no_answer"})
        page = words(client.get(url(small)))
        assert "Rejected by erin" in page
        assert "There is nothing to decide now." in page


class TestDeciding:
    def test_claim_and_put_back(self, erin: User, frank: User, small: Withdrawal) -> None:
        assert "It is yours now." in words(act(erin, small, "claim"))
        assert again(small).claimed_by == erin
        assert "erin is working on this." in words(desk(frank).get(url(small)))
        refused = act(frank, small, "claim")
        assert refused.status_code == 409
        assert again(small).claimed_by == erin
        assert act(erin, small, "unclaim").status_code == 200
        assert again(small).claimed_by is None

    def test_a_small_one_needs_one_officer(self, erin: User, small: Withdrawal) -> None:
        assert "You approved it." in words(act(erin, small, "approve"))
        row = again(small)
        assert (row.status, row.approved_by, row.second_approved_by) == ("APPROVED", erin, None)

    def test_a_large_one_needs_two(self, erin: User, frank: User, large: Withdrawal) -> None:
        act(erin, large, "approve")
        assert again(large).status == "AWAITING_SECOND_APPROVAL"
        page = desk(frank).get(url(large))
        assert "Approve (2 of 2)" in words(page)
        assert "You gave the second approval." in words(act(frank, large, "second"))
        row = again(large)
        assert (row.status, row.approved_by, row.second_approved_by) == ("APPROVED", erin, frank)
        assert Approval.objects.get(subject_id=large.pk).status == "EXECUTED"

    def test_the_second_may_send_it_back_with_a_reason(self, erin: User, frank: User, large: Withdrawal) -> None:
        act(erin, large, "approve")
        empty = act(frank, large, "refuse", refusal=" ")
        assert empty.status_code == 422
        assert again(large).status == "AWAITING_SECOND_APPROVAL"
        act(frank, large, "refuse", refusal="Ask for the invoice first.")
        row = again(large)
        assert (row.status, row.approved_by) == ("UNDER_REVIEW", None)
        assert "frank did not agree" in words(desk(erin).get(url(large)))

    def test_ask_and_answer(self, anna: User, erin: User, small: Withdrawal) -> None:
        act(erin, small, "ask", question="Whose account is it?")
        assert again(small).status == "AWAITING_CUSTOMER"
        page = words(desk(erin).get(url(small)))
        assert "erin asked" in page
        assert "Whose account is it?" in page
        banking.answer_question(user=anna, withdrawal_id=small.pk, text="Mine.", origin=ORIGIN, at=now())
        page = words(desk(erin).get(url(small)))
        assert "The customer answered" in page
        assert "Mine." in page

    def test_reject_gives_the_money_back(self, anna: User, erin: User, small: Withdrawal) -> None:
        act(erin, small, "reject", reason="source_of_funds", note="Please write to us.")
        row = again(small)
        assert (row.status, row.reason, row.rejected_by) == ("REJECTED", "source_of_funds", erin)
        assert row.reason_note == "Please write to us."
        assert available_minor(anna) == 600_000


class TestWhatIsTypedStays:
    def test_a_note_without_a_reason(self, erin: User, anna: User, small: Withdrawal) -> None:
        with NothingMoved(anna):
            answer = act(erin, small, "reject", reason="", note="Because of <b>this</b>")
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Because of &lt;b&gt;this&lt;/b&gt;" in page
        assert '<details class="act" open>' in page
        assert "Fill in “Reason”." in words(answer)

    def test_an_empty_question(self, erin: User, anna: User, small: Withdrawal) -> None:
        with NothingMoved(anna):
            assert act(erin, small, "ask", question="").status_code == 422
        assert not WithdrawalQuestion.objects.exists()

    def test_a_refusal_of_the_service(self, erin: User, frank: User, anna: User, small: Withdrawal) -> None:
        banking.claim(withdrawal_id=small.pk, by=frank, origin=ORIGIN, at=now())
        with NothingMoved(anna):
            answer = act(erin, small, "reject", reason="other", note="My long explanation")
        assert answer.status_code == 409
        assert "My long explanation" in answer.content.decode()


class TestTwiceAndLate:
    def test_a_double_click_says_the_same(self, erin: User, frank: User, large: Withdrawal) -> None:
        page = shown(large)
        first, second = (desk(erin).post(url(large, "approve"), page, follow=True) for _ in range(2))
        assert "You approved it." in words(first)
        assert "You approved it." in words(second)
        for _ in range(2):
            assert "You gave the second approval." in words(act(frank, large, "second"))
        assert Approval.objects.filter(subject_id=large.pk).count() == 1

    @pytest.mark.parametrize(
        ("name", "sent"),
        [
            ("reject", {"reason": "no_answer"}),
            ("ask", {"question": "Whose is it?"}),
            ("ask", {"question": "Whose is it?\r\nAnd  since when?"}),
            ("claim", {}),
            ("unclaim", {}),
        ],
    )
    def test_other_acts_twice_too(self, erin: User, small: Withdrawal, name: str, sent: dict[str, str]) -> None:
        if name == "unclaim":
            act(erin, small, "claim")
        told = [act(erin, small, name, **sent) for _ in range(2)]
        assert [answer.status_code for answer in told] == [200, 200]
        assert WithdrawalQuestion.objects.count() == (1 if name == "ask" else 0)

    def test_refusing_twice(self, erin: User, frank: User, large: Withdrawal) -> None:
        act(erin, large, "approve")
        told = [act(frank, large, "refuse", refusal="No.") for _ in range(2)]
        assert [answer.status_code for answer in told] == [200, 200]

    def test_an_old_page_approves_nothing(self, erin: User, frank: User, anna: User, small: Withdrawal) -> None:
        page = shown(small)
        act(frank, small, "ask", question="Whose is it?")
        banking.answer_question(user=anna, withdrawal_id=small.pk, text="Not mine.", origin=ORIGIN, at=now())
        answer = desk(erin).post(url(small, "approve"), page)
        assert answer.status_code == 409
        assert "This has changed in the meantime" in words(answer)
        assert again(small).status == "UNDER_REVIEW"

    @pytest.mark.parametrize("name", ["approve", "second"])
    def test_a_page_that_does_not_say_what_it_showed(
        self, erin: User, frank: User, anna: User, large: Withdrawal, name: str
    ) -> None:
        if name == "second":
            act(erin, large, "approve")
        full = shown(large)
        for missing in full:
            if name == "approve" and missing == "approval":
                continue
            sent = {key: value for key, value in full.items() if key != missing}
            with NothingMoved(anna):
                assert desk(frank).post(url(large, name), sent).status_code == 409
        page = desk(frank).get(url(large)).content.decode()
        for field, value in full.items():
            if value:
                assert f'name="{field}" value="{value}"' in page
        assert desk(frank).post(url(large, name), full).status_code == 302

    def test_somebody_elses_decision_is_a_conflict(self, erin: User, frank: User, small: Withdrawal) -> None:
        page = shown(small)
        act(frank, small, "reject", reason="no_answer")
        for name in ("approve", "reject", "ask"):
            sent = {**page, "reason": "security", "question": "Why?"}
            assert desk(erin).post(url(small, name), sent).status_code == 409
        assert again(small).rejected_by == frank

    def test_a_customer_frozen_in_between_stops_it(self, erin: User, anna: User, small: Withdrawal) -> None:
        freeze(anna)
        answer = act(erin, small, "approve")
        assert answer.status_code == 409
        assert again(small).status == "UNDER_REVIEW"
        assert "The account is frozen or closed" in words(answer)
        assert "Stops" in words(answer)


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
        assert again(small).status == "UNDER_REVIEW"
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
        assert again(large).status == "AWAITING_SECOND_APPROVAL"

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
        assert again(large).status == "APPROVED"

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
        assert again(large).status == "UNDER_REVIEW"
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
        assert again(small).status == "UNDER_REVIEW"

    def test_compliance_does_not_give_the_second_approval(self, erin: User, frank: User, large: Withdrawal) -> None:
        act(frank, large, "approve")
        assert "act/second/" not in desk(erin).get(url(large)).content.decode()
        assert act(erin, large, "second").status_code == 403
        assert again(large).status == "AWAITING_SECOND_APPROVAL"


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
