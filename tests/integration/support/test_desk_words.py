"""The desk in Chinese: codes of states are words in lists, filters and on a row's page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from payments.funding.services import outcomes
from payments.payouts import services
from payments.payouts.models import BankMessage, PayoutBatch, PayoutItem
from payments.reconciliation.models import ReconciliationBreak
from tests.factories.bank_statements import entry, say
from tests.factories.payouts import approved, bank_account
from tests.factories.people import now
from tests.factories.staff import desk, make_officer
from tests.factories.top_ups import wish
from wallet_project.lib import db

if TYPE_CHECKING:
    from django.test import Client

    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

CODES = (
    "ANSWERED",
    "UNKNOWN",
    "REFUSED",
    "PREPARED",
    "SENDING",
    "REJECTED",
    "HANDLED",
    "IGNORED",
    "RESOLVED",
    "WRONG_AMOUNT",
    "NOT_BOOKED",
    "MISMATCH",
    "CREDITED",
    "AWAITING_METHOD",
    "withdrawal<",
    "payout_not_paid",
)


@pytest.fixture
def grace(db: None) -> Client:
    """Treasury, reading Chinese."""
    officer = make_officer("grace", "treasury")
    type(officer).objects.filter(pk=officer.pk).update(language="zh-hans")
    client = desk(officer)
    client.cookies["django_language"] = "zh-hans"
    return client


@pytest.fixture
def rows(alice: User) -> dict[str, Any]:
    """One row of each."""
    at = now() - timedelta(days=1)
    (row,) = approved(bank_account(alice, at=at), [10_000], at=at)
    services.build_batch(at=at)
    PayoutBatch.objects.update(status="SENDING")
    PayoutBatch.objects.update(status="ANSWERED")
    say(1, entry(row.end_to_end_id, "97.50"), day="2026-11-20", opening="100.00", closing="2.50", at=at)
    top_up = wish(alice).top_up
    with db.transaction():
        outcomes.break_off(top_up=top_up, reason="amount_or_reference", cause="test", at=at)
    return {
        "payoutbatch": PayoutBatch.objects.get(),
        "payoutitem": PayoutItem.objects.get(),
        "bankmessage": BankMessage.objects.get(),
        "reconciliationbreak": ReconciliationBreak.objects.get(),
        "topup": top_up,
    }


@pytest.mark.parametrize("model", ["payoutbatch", "payoutitem", "bankmessage", "reconciliationbreak", "topup"])
def test_no_code_is_shown(model: str, rows: dict[str, Any], grace: Client) -> None:
    for page in (f"/admin/payments/{model}/?o=1", f"/admin/payments/{model}/{rows[model].pk}/change/"):
        answer = grace.get(page)
        assert answer.status_code == 200
        text = answer.content.decode()
        assert 'lang="zh-hans"' in text.lower()
        shown = [code for code in CODES if f">{code}" in text]
        assert shown == [], page


def test_a_list_can_still_be_sorted_and_filtered_by_the_code(rows: dict[str, Any], grace: Client) -> None:
    page = grace.get("/admin/payments/payoutbatch/?status__exact=ANSWERED&o=6").content.decode()
    assert "已在银行" in page
    assert PayoutBatch.objects.get().message_id in page
    other = grace.get("/admin/payments/payoutbatch/?status__exact=REFUSED").content.decode()
    assert PayoutBatch.objects.get().message_id not in other


def test_approvals_are_filtered_by_the_name_of_the_act(grace: Client) -> None:
    page = grace.get("/admin/accounts/approval/?status__exact=PROPOSED").content.decode()
    assert ">withdrawal<" not in page
