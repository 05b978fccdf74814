"""What people are told of their bank accounts and withdrawals: what, in which words, and by which channels."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import translation

from accounts.audit import services as audit
from ledger.money import Money
from payments.banking import services as banking
from payments.banking.policy import CONFIRM_WITHIN
from support.notifications.models import NoticeMessage, Notification
from support.notifications.wording import message_for, worded
from tests.factories.people import ORIGIN, give_money, make_person, now
from tests.factories.staff import make_officer
from tests.factories.withdrawals import (
    add_account,
    approve,
    ask,
    confirmed,
    failed,
    public,
    reject,
    requested,
    returned,
    sent,
    settled,
)

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db
TARGET = "DE•• •••• 3000"


@pytest.fixture
def ann() -> User:
    """Has an e-mail address and a verified phone number, and EUR 300.00."""
    user = make_person("ann", phone="+4915112345677", phone_verified_at=now())
    give_money(user, Money(30_000, "EUR"))
    return user


@pytest.fixture
def erin() -> User:
    return make_officer("erin", "compliance")


def deliver() -> None:
    while audit.dispatch_due(at=now() + timedelta(seconds=1)):
        pass


def told(user: User) -> list[tuple[str, str]]:
    """Kinds and titles of what was said about money out, oldest first."""
    deliver()
    mine = Notification.objects.filter(user=user).order_by("created_at", "id")
    return [(one.kind, worded(one).title) for one in mine if one.kind.startswith(("bank_account", "withdrawal"))]


class TestBankAccount:
    def test_every_verified_channel_hears_of_a_new_and_of_a_removed_one(self, ann: User) -> None:
        account = add_account(ann)
        banking.remove_bank_account(user=ann, account_id=account.pk, origin=ORIGIN, at=now())
        assert told(ann) == [
            ("bank_account_added", f"Bank account {TARGET} was added"),
            ("bank_account_removed", f"Bank account {TARGET} was removed"),
        ]
        for kind in ("bank_account_added", "bank_account_removed"):
            messages = NoticeMessage.objects.filter(notification__user=ann, notification__kind=kind)
            assert sorted(messages.values_list("channel", flat=True)) == ["email", "sms"]

    def test_an_unverified_phone_hears_nothing(self) -> None:
        user = make_person("ben", phone="+4915112345678")
        add_account(user)
        deliver()
        messages = NoticeMessage.objects.filter(notification__user=user, notification__kind="bank_account_added")
        assert list(messages.values_list("channel", flat=True)) == ["email"]

    def test_a_phone_alone_is_enough(self) -> None:
        user = make_person("pete", email="", phone="+4915112345679", phone_verified_at=now())
        add_account(user)
        deliver()
        messages = NoticeMessage.objects.filter(notification__user=user, notification__kind="bank_account_added")
        assert list(messages.values_list("channel", flat=True)) == ["sms"]

    def test_one_that_nobody_confirmed_is_nobodys_news(self, ann: User) -> None:
        account = add_account(ann, is_confirmed=False)
        banking.remove_bank_account(user=ann, account_id=account.pk, origin=ORIGIN, at=now())
        assert told(ann) == []

    def test_a_correction_by_staff_is_told(self, ann: User, erin: User) -> None:
        account = add_account(ann)
        banking.correct_bank_account(
            by=erin,
            account_id=account.pk,
            holder_name="Ann Marie Example",
            bic="",
            reason="typing_mistake",
            origin=ORIGIN,
            at=now(),
        )
        assert told(ann)[-1] == ("bank_account_corrected", f"Our team corrected your bank account {TARGET}")

    def test_no_message_names_the_whole_iban(self, ann: User) -> None:
        add_account(ann)
        deliver()
        notice = Notification.objects.get(user=ann, kind="bank_account_added")
        message = message_for(notice)
        assert "37040044" not in (message.subject + message.text + str(notice.facts)).replace(" ", "")


class TestWithdrawal:
    def test_approved_by_the_rules_sent_and_arrived(self, ann: User) -> None:
        row = confirmed(ann, add_account(ann), 2_550)
        settled(sent(row))
        assert told(ann)[1:] == [
            ("withdrawal_approved", "Your withdrawal of €25.50 is approved"),
            ("withdrawal_sent", f"€25.50 is on its way to {TARGET}"),
            ("withdrawal_settled", f"€25.50 arrived at {TARGET}"),
        ]
        leaves = NoticeMessage.objects.filter(notification__user=ann, notification__kind__startswith="withdrawal")
        assert sorted(leaves.values_list("notification__kind", "channel")) == [
            ("withdrawal_approved", "email"),
            ("withdrawal_settled", "email"),
        ]

    def test_looked_at_asked_about_and_approved(self, ann: User, erin: User) -> None:
        row = confirmed(ann, add_account(ann, cooled_off=False), 2_550)
        ask(row, erin, "Why?")
        banking.answer_question(user=ann, withdrawal_id=row.pk, text="Because.", origin=ORIGIN, at=now())
        approve(row, erin)
        assert [kind for kind, _title in told(ann)[1:]] == [
            "withdrawal_under_review",
            "withdrawal_question",
            "withdrawal_approved",
        ]

    def test_rejected(self, ann: User, erin: User) -> None:
        reject(confirmed(ann, add_account(ann, cooled_off=False), 2_550), erin, "name_mismatch")
        assert told(ann)[-1] == ("withdrawal_rejected", "Your withdrawal of €25.50 was not approved")

    def test_refused_by_the_bank(self, ann: User) -> None:
        failed(confirmed(ann, add_account(ann), 2_550))
        assert told(ann)[-1] == ("withdrawal_failed", f"The bank could not pay €25.50 to {TARGET}")

    def test_came_back(self, ann: User) -> None:
        returned(settled(sent(confirmed(ann, add_account(ann), 2_550))), "AC04")
        assert told(ann)[-1] == ("withdrawal_returned", f"€25.50 came back from {TARGET}")

    def test_not_confirmed_in_time(self, ann: User) -> None:
        requested(ann, add_account(ann), 2_550, at=now() - CONFIRM_WITHIN)
        assert banking.expire_withdrawals(at=now()) == 1
        assert told(ann)[-1] == ("withdrawal_expired", "Your withdrawal of €25.50 was not confirmed")

    def test_what_they_did_themselves_a_moment_ago_is_not_told(self, ann: User) -> None:
        row = requested(ann, add_account(ann), 2_550)
        banking.cancel_withdrawal(user=ann, withdrawal_id=row.pk, origin=ORIGIN, at=now())
        assert [kind for kind, _title in told(ann)] == ["bank_account_added"]

    def test_leads_to_its_page_and_nobody_else_is_told(self, ann: User, alice: User, client: Client) -> None:
        row = confirmed(ann, add_account(ann), 2_550)
        deliver()
        notice = Notification.objects.get(user=ann, kind="withdrawal_approved")
        assert worded(notice).url == f"/withdrawals/{public(row)}/"
        assert told(alice) == []

    @pytest.mark.parametrize("times", [1, 3])
    def test_the_same_event_is_told_once(self, ann: User, times: int) -> None:
        confirmed(ann, add_account(ann), 2_550)
        for _ in range(times):
            deliver()
        assert Notification.objects.filter(user=ann, kind="withdrawal_approved").count() == 1

    def test_speaks_the_persons_language(self, ann: User) -> None:
        ann.language = "zh-hans"
        ann.save(update_fields=["language"])
        confirmed(ann, add_account(ann), 2_550)
        deliver()
        notice: Any = Notification.objects.select_related("user").get(user=ann, kind="withdrawal_approved")
        with translation.override("en"):
            assert message_for(notice).subject == "您 €25.50 的提现已通过审核"
