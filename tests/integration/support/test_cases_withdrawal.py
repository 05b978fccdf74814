"""The page of one withdrawal: what an officer sees and does there, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.activity.models import ActivityItem
from accounts.approvals.models import Approval
from accounts.identity.models import User
from accounts.wallets.selectors import wallet_of
from ledger import services as ledger
from ledger.money import Money
from payments.banking import services as banking
from payments.banking.models import Withdrawal, WithdrawalQuestion
from tests.factories.activity import happened
from tests.factories.people import ORIGIN, available_minor, now
from tests.factories.staff import desk, make_officer
from tests.factories.withdrawal_page import act, shown, url, words
from tests.factories.withdrawals import NothingMoved, freeze, fresh
from wallet_project.lib import db, ids

pytestmark = pytest.mark.django_db


@pytest.fixture
def erin(db: None) -> User:
    return make_officer("erin", "compliance")


@pytest.fixture
def frank(db: None) -> User:
    return make_officer("frank", "compliance_lead")


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

    def test_a_bank_account_that_gave_back_is_named_as_it_is_masked(self, erin: User, large: Withdrawal) -> None:
        happened(large.user, 8_050, kind="withdrawal", state="SETTLED", shown_name="FR•• •••• 2606",
                 occurred_at=large.created_at - timedelta(hours=1))  # fmt: skip
        happened(large.user, 700, shown_name="Mei Chen", occurred_at=large.created_at - timedelta(hours=2))
        page = words(desk(erin).get(url(large)))
        assert "FR•• •••• 2606 " in page
        assert "Mei C•••" in page
        assert "Mei Chen" not in page

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
        assert fresh(small).claimed_by == erin
        assert "erin is working on this." in words(desk(frank).get(url(small)))
        refused = act(frank, small, "claim")
        assert refused.status_code == 409
        assert fresh(small).claimed_by == erin
        assert act(erin, small, "unclaim").status_code == 200
        assert fresh(small).claimed_by is None

    def test_a_small_one_needs_one_officer(self, erin: User, small: Withdrawal) -> None:
        assert "You approved it." in words(act(erin, small, "approve"))
        row = fresh(small)
        assert (row.status, row.approved_by, row.second_approved_by) == ("APPROVED", erin, None)

    def test_a_large_one_needs_two(self, erin: User, frank: User, large: Withdrawal) -> None:
        act(erin, large, "approve")
        assert fresh(large).status == "AWAITING_SECOND_APPROVAL"
        page = desk(frank).get(url(large))
        assert "Approve (2 of 2)" in words(page)
        assert "You gave the second approval." in words(act(frank, large, "second"))
        row = fresh(large)
        assert (row.status, row.approved_by, row.second_approved_by) == ("APPROVED", erin, frank)
        assert Approval.objects.get(subject_id=large.pk).status == "EXECUTED"

    def test_the_second_may_send_it_back_with_a_reason(self, erin: User, frank: User, large: Withdrawal) -> None:
        act(erin, large, "approve")
        empty = act(frank, large, "refuse", refusal=" ")
        assert empty.status_code == 422
        assert fresh(large).status == "AWAITING_SECOND_APPROVAL"
        act(frank, large, "refuse", refusal="Ask for the invoice first.")
        row = fresh(large)
        assert (row.status, row.approved_by) == ("UNDER_REVIEW", None)
        assert "frank did not agree" in words(desk(erin).get(url(large)))

    def test_ask_and_answer(self, anna: User, erin: User, small: Withdrawal) -> None:
        act(erin, small, "ask", question="Whose account is it?")
        assert fresh(small).status == "AWAITING_CUSTOMER"
        page = words(desk(erin).get(url(small)))
        assert "erin asked" in page
        assert "Whose account is it?" in page
        banking.answer_question(user=anna, withdrawal_id=small.pk, text="Mine.", origin=ORIGIN, at=now())
        page = words(desk(erin).get(url(small)))
        assert "The customer answered" in page
        assert "Mine." in page

    def test_reject_gives_the_money_back(self, anna: User, erin: User, small: Withdrawal) -> None:
        act(erin, small, "reject", reason="source_of_funds", note="Please write to us.")
        row = fresh(small)
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
        assert fresh(small).status == "UNDER_REVIEW"

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
        assert fresh(small).rejected_by == frank

    def test_a_customer_frozen_in_between_stops_it(self, erin: User, anna: User, small: Withdrawal) -> None:
        freeze(anna)
        answer = act(erin, small, "approve")
        assert answer.status_code == 409
        assert fresh(small).status == "UNDER_REVIEW"
        assert "The account is frozen or closed" in words(answer)
        assert "Stops" in words(answer)
