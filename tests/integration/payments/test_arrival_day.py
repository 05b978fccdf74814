"""The day of arrival that a person is promised: the same before, while and after they confirm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils.formats import date_format

from accounts.stepup import services as stepup
from accounts.stepup.selectors import open_challenge_of
from ledger.money import Money
from payments.banking import policy, selectors
from payments.banking.receipt import receipt_of
from payments.banking.services.purpose import show_withdrawal
from tests.factories.people import ORIGIN, PIN, give_money, make_person, now
from tests.factories.withdrawals import OTHER_IBAN, add_account, requested

if TYPE_CHECKING:
    from accounts.identity.models import User
    from payments.banking.models import Withdrawal

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    alice = make_person("alice")
    give_money(alice, Money(200_000, "EUR"))
    return alice


def sunday_night() -> datetime:
    """Staff look on Monday, so what they approve arrives on Tuesday; the rest arrives on Monday."""
    sunday = now() + timedelta(days=6 - now().weekday())
    moment = datetime(sunday.year, sunday.month, sunday.day, 20, 50, tzinfo=UTC)
    while not all(policy.is_bank_day((moment + timedelta(days=days)).date()) for days in (1, 2)):
        moment += timedelta(days=7)
    return moment


def promised(row: Withdrawal) -> tuple[str, object]:
    """On the confirmation page and in the receipt."""
    lines = dict(show_withdrawal(row.pk).lines)
    return lines["Arrives"], receipt_of(row).arrives_on


@pytest.mark.parametrize(("is_new", "minor", "days"), [(False, 2_500, 1), (False, 50_001, 2), (True, 2_500, 2)])
def test_one_day_from_the_terms_to_the_receipt(alice: User, is_new: bool, minor: int, days: int) -> None:
    at = sunday_night()
    account = add_account(alice)
    if is_new:
        account = add_account(alice, iban=OTHER_IBAN[0])
        account.cool_off_until = at + timedelta(hours=1)
        account.save(update_fields=["cool_off_until"])
    day = (at + timedelta(days=days)).date()
    shown = date_format(day, "DATE_FORMAT")
    terms = selectors.terms(user=alice, amount=Money(minor, "EUR"), at=at, account=account)
    assert (terms.arrives_on, terms.likely_review) == (day, days == 2)

    row = requested(alice, account, minor, at=at)
    assert promised(row) == (shown, day)

    challenge = open_challenge_of(row.pk)
    assert challenge is not None
    stepup.answer(challenge_id=challenge.pk, user=alice, method="pin", code=PIN, at=at, origin=ORIGIN)
    row.refresh_from_db()
    assert row.status == ("UNDER_REVIEW" if days == 2 else "APPROVED")
    assert promised(row) == (shown, day)


def test_approved_later_it_arrives_later(alice: User) -> None:
    at = sunday_night()
    row = requested(alice, add_account(alice), 50_001, at=at)
    row.status = "APPROVED"
    row.approved_at = at + timedelta(days=2)
    assert policy.expected_on(row) == (at + timedelta(days=3)).date()
    row.submitted_at = at + timedelta(days=3)
    assert policy.expected_on(row) == (at + timedelta(days=4)).date()
    row.submitted_at = None
    row.status = "AWAITING_SECOND_APPROVAL"
    row.review_due_at = at + timedelta(days=1)
    assert policy.expected_on(row) == (at + timedelta(days=2)).date()
