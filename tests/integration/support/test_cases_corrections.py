"""The page of a withdrawal the bank never paid, or paid with another amount: proposed by one, decided by another."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from accounts.approvals.models import Approval
from accounts.audit import services as audit
from payments.banking.policy import public_id
from payments.payouts import services
from payments.payouts.models import PayoutBatch
from payments.payouts.policy import execution_day
from payments.payouts.services.sending import become_unknown
from payments.reconciliation.models import ReconciliationBreak
from payments.reconciliation.policy import last_bank_day_before
from support.notifications.models import Notification
from support.notifications.wording import worded
from tests.factories.bank_statements import entry, say
from tests.factories.payouts import Books, approved, bank_account, books, status_of
from tests.factories.people import now
from tests.factories.sessions import browser
from tests.factories.staff import desk, make_officer

if TYPE_CHECKING:
    from accounts.identity.models import User
    from payments.banking.models import Withdrawal

pytestmark = pytest.mark.django_db

HELD = Books(wallet=30_000, held=10_050, clearing=0, bank=0, fees=0)
FREE = Books(wallet=30_000, held=0, clearing=0, bank=0, fees=0)
WORDS = {"reason": "The bank has no such file.", "evidence": "Call with Ms Vos"}
SENT_AT = now() - timedelta(days=8)


@pytest.fixture
def grace(db: None) -> User:
    return make_officer("grace", "treasury")


@pytest.fixture
def henry(db: None) -> User:
    return make_officer("henry", "treasury")


@pytest.fixture
def unknown(alice: User) -> Withdrawal:
    """Eight days in a file the bank called a duplicate; the bank gives no answer."""
    (row,) = approved(bank_account(alice, at=SENT_AT), [10_000], at=SENT_AT)
    services.build_batch(at=SENT_AT)
    PayoutBatch.objects.update(status="SENDING", sending_at=SENT_AT)
    become_unknown(PayoutBatch.objects.get().pk, cause="duplicate", at=SENT_AT)
    before = (execution_day(SENT_AT) - timedelta(days=1)).isoformat()
    say(1, day=before, opening="1000.00", closing="1000.00", at=SENT_AT)
    return row


def until_now(*entries: str, closing: str = "1000.00") -> None:
    """One statement of all the days since."""
    day = last_bank_day_before(execution_day(now())).isoformat()
    say(2, *entries, day=day, opening="1000.00", closing=closing, at=now())


def url(row: Withdrawal, purpose: str = "") -> str:
    page = f"/admin/payments/withdrawal/{row.pk}/"
    return f"{page}propose/{purpose}/" if purpose else f"{page}change/"


def decide(officer: User, approval: Approval) -> Any:
    return desk(officer).post(f"/admin/accounts/approval/{approval.pk}/decide/", {"decision": "approve"})


def words(answer: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(text.replace("&#x27;", "'").split())


def told(user: User) -> list[str]:
    while audit.dispatch_due(at=now() + timedelta(seconds=1)):
        pass
    rows = Notification.objects.filter(user=user, kind__startswith="withdrawal_").order_by("created_at", "id")
    return [worded(row).title for row in rows]


class TestNeverPaid:
    def test_proposed_by_one_and_released_by_another(
        self, alice: User, unknown: Withdrawal, grace: User, henry: User
    ) -> None:
        until_now()
        page = words(desk(grace).get(url(unknown)))
        assert "The bank never paid it" in page
        assert "The bank booked another amount" not in page
        answer = desk(grace).post(url(unknown, "payout_not_paid"), WORDS, follow=True)
        proposal = Approval.objects.get(subject_id=unknown.pk)
        shown = words(answer)
        for line in (
            "It is proposed. Another officer decides.",
            "The bank has no such file. · Call with Ms Vos",
            "Status On its way to the bank Refused by the bank",
            "Amount €100.00",
            "What is missing Nothing",
            "You proposed this. Someone else must decide.",
        ):
            assert line in shown
        assert "Proposed. Another officer decides." in words(desk(henry).get(url(unknown)))
        assert decide(grace, proposal).status_code == 403
        assert (status_of(unknown), books(alice)) == ("UNKNOWN", HELD)
        assert decide(henry, proposal).status_code == 302
        assert (status_of(unknown), books(alice)) == ("FAILED", FREE)
        assert "Released: the bank did not pay it (approved by henry)" in words(desk(grace).get(url(unknown)))
        assert told(alice) == ["The bank could not pay €100.00 to DE•• •••• 3000"]
        mine = words(browser(alice).get(f"/withdrawals/{public_id(unknown)}/"))
        assert "The bank did not carry the payment out." in mine
        assert "Not paid by the bank; the money is available again" in mine

    def test_what_is_missing_is_said_and_nothing_can_be_proposed(
        self, alice: User, unknown: Withdrawal, grace: User
    ) -> None:
        assert "The bank’s statements do not reach the last bank day. Wait for them." in words(
            desk(grace).get(url(unknown))
        )
        answer = desk(grace).post(url(unknown, "payout_not_paid"), WORDS)
        assert answer.status_code == 409
        assert "It is not certain yet" in words(answer)
        assert not Approval.objects.exists()

    def test_what_changed_before_the_second_is_void(
        self, alice: User, unknown: Withdrawal, grace: User, henry: User
    ) -> None:
        until_now()
        desk(grace).post(url(unknown, "payout_not_paid"), WORDS)
        proposal = Approval.objects.get(subject_id=unknown.pk)
        today = execution_day(now()).isoformat()
        say(3, entry(unknown.end_to_end_id), day=today, opening="1000.00", closing="900.00", at=now())
        answer = decide(henry, proposal)
        assert answer.status_code == 409
        assert "What was proposed has changed." in words(answer)
        assert status_of(unknown) == "SETTLED"
        assert "€100.00 arrived at DE•• •••• 3000" in told(alice)

    def test_both_words_are_needed(self, unknown: Withdrawal, grace: User) -> None:
        until_now()
        answer = desk(grace).post(url(unknown, "payout_not_paid"), WORDS | {"evidence": ""})
        assert (answer.status_code, Approval.objects.count()) == (422, 0)
        assert WORDS["reason"] in words(answer)

    @pytest.mark.parametrize("role", ["support", "compliance", "compliance_lead"])
    def test_others_see_no_way_and_cannot_propose(self, role: str, unknown: Withdrawal) -> None:
        until_now()
        officer = make_officer("somebody", role)
        assert "The bank never paid it" not in words(desk(officer).get(url(unknown)))
        assert desk(officer).post(url(unknown, "payout_not_paid"), WORDS).status_code == 403
        assert desk(officer).post(url(unknown, "withdrawal"), WORDS).status_code == 404
        assert not Approval.objects.exists()


class TestBookedOtherwise:
    def test_proposed_by_one_and_settled_by_another(
        self, alice: User, unknown: Withdrawal, grace: User, henry: User
    ) -> None:
        until_now(entry(unknown.end_to_end_id, "97.50"), closing="902.50")
        finding = ReconciliationBreak.objects.get()
        assert (
            url(unknown)
            in desk(grace).get(f"/admin/payments/reconciliationbreak/{finding.pk}/change/").content.decode()
        )
        page = words(desk(grace).get(url(unknown)))
        assert "Our payment, but another amount Money out · €97.50" in page
        assert "A finding in reconciliation speaks of this payment. Look at it first." in page
        shown = words(desk(grace).post(url(unknown, "payout_settle_as_booked"), WORDS, follow=True))
        for line in ("Booked by the bank €97.50", "Back to the customer’s wallet €2.50", "Our loss €0.00"):
            assert line in shown
        proposal = Approval.objects.get(subject_id=unknown.pk)
        assert decide(grace, proposal).status_code == 403
        assert books(alice) == HELD
        assert decide(henry, proposal).status_code == 302
        assert status_of(unknown) == "SETTLED"
        assert books(alice) == Books(wallet=20_200, held=0, clearing=0, bank=9_750, fees=50)
        assert "Settled as the bank booked it (approved by henry)" in words(desk(grace).get(url(unknown)))
        assert "€97.50 arrived at DE•• •••• 3000, another amount than you asked for" in told(alice)
        mine = browser(alice)
        page = words(mine.get(f"/withdrawals/{public_id(unknown)}/"))
        assert "You asked for €100.00, and the bank paid another amount." in page
        assert "€2.50 did not arrive and is back in your wallet." in page
        with translation.override("zh-hans"):
            assert "€97.50 已到账 DE•• •••• 3000，与您申请的金额不同" in told(alice)
