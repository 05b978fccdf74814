"""Bank accounts and withdrawals of the demo people, in every state, through the services people use.

What the bank said or did not say is told to the verbs that the bank's messages use; the two that wait for its answer
are in no file, so no job asks for them and they stay. The approved one goes to the bank of the running copy within
seconds, because nothing but the next file is waited for, and that answers by itself. SCREENING is entered and left in
one transaction: no row can be found in it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from accounts.identity.models import User
from accounts.stepup import selectors as stepup_selectors
from accounts.stepup import services as stepup
from ledger.money import Money
from payments.banking import services as banking
from payments.banking.officers import seen_of
from payments.banking.states import WithdrawalStatus
from support.demo.people import PIN
from wallet_project.lib import db, ids
from wallet_project.lib.origin import Origin

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from payments.banking.models import BankAccount, Withdrawal

DEMO = Origin(channel="worker", request_id="demo")

ALICE_CHECKING = "DE89370400440532013000"
ALICE_NEW = "NL91ABNA0417164300"
BOB_CHECKING = "FR1420041010050500013M02606"


def load_withdrawals(at: datetime) -> None:
    """Makes them once; the demo people must be there, with money of more than three days ago."""
    alice, bob = User.objects.get(handle="alice"), User.objects.get(handle="bob")
    erin = User.objects.get(handle="erin")
    checking = _add_account(alice, ALICE_CHECKING, "Alice Lindqvist", at=at - timedelta(days=5))
    new = _add_account(alice, ALICE_NEW, "Alice Lindqvist", at=at - timedelta(hours=3))
    bobs = _add_account(bob, BOB_CHECKING, "Robert Tanaka", at=at - timedelta(days=5))
    _past_of_alice(alice, checking, at=at)
    _at_the_bank(alice, checking, at=at)
    _withdraw(alice, checking, 6_400, at=at - timedelta(hours=1))  # approved by the rules: the running bank gets it
    _in_review(alice, new, erin, at=at)
    _of_bob(bob, bobs, erin, at=at)


def _past_of_alice(alice: User, checking: BankAccount, *, at: datetime) -> None:
    """Arrived, came back, refused by the bank, cancelled."""
    arrived = _withdraw(alice, checking, 12_000, at=at - timedelta(days=2, hours=5))
    _paid_out(arrived, at=at - timedelta(days=2, hours=4))
    back = _withdraw(alice, checking, 8_050, at=at - timedelta(days=2, hours=3))
    _paid_out(back, at=at - timedelta(days=2, hours=2))
    _came_back(back, "AC04", at=at - timedelta(hours=20))
    refused = _withdraw(alice, checking, 4_000, at=at - timedelta(days=1, hours=6))
    _refused(refused, "RC01", at=at - timedelta(days=1, hours=5))
    cancelled = _withdraw(alice, checking, 1_500, at=at - timedelta(hours=9))
    banking.cancel_withdrawal(user=alice, withdrawal_id=cancelled.pk, origin=DEMO, at=at - timedelta(hours=8))


def _at_the_bank(alice: User, checking: BankAccount, *, at: datetime) -> None:
    """Handed in and not answered yet; and one whose answer was lost, so that nobody knows."""
    waiting = _withdraw(alice, checking, 2_200, at=at - timedelta(hours=3))
    _handed_in(waiting, at=at - timedelta(minutes=25))
    unknown = _withdraw(alice, checking, 1_800, at=at - timedelta(hours=2))
    _handed_in(unknown, at=at - timedelta(minutes=35))
    _unanswered(unknown, at=at - timedelta(minutes=34))


def _in_review(alice: User, new: BankAccount, erin: User, *, at: datetime) -> None:
    """To the new account: being checked, asked about, and one that a second officer must approve."""
    _withdraw(alice, new, 2_500, at=at - timedelta(minutes=50))
    asked = _withdraw(alice, new, 9_900, at=at - timedelta(minutes=45))
    _claim(asked, erin, at=at - timedelta(minutes=30))
    banking.ask(
        withdrawal_id=asked.pk,
        by=erin,
        question="Is this account at ABN AMRO yours alone? We ask because it is new.",
        origin=DEMO,
        at=at - timedelta(minutes=29),
    )
    large = _withdraw(alice, new, 200_000, at=at - timedelta(minutes=40))
    _claim(large, erin, at=at - timedelta(minutes=20))
    seen = seen_of(large, large.bank_account)
    banking.approve(withdrawal_id=large.pk, by=erin, seen=seen, origin=DEMO, at=at - timedelta(minutes=19))


def _of_bob(bob: User, account: BankAccount, erin: User, *, at: datetime) -> None:
    """Rejected with a reason; not confirmed in time; one that waits for his PIN."""
    rejected = _withdraw(bob, account, 1_000, at=at - timedelta(hours=7))
    _claim(rejected, erin, at=at - timedelta(hours=6))
    banking.reject(
        withdrawal_id=rejected.pk,
        by=erin,
        reason="account_not_yours",
        note="The account is in the name of Robert Tanaka. Please send us a statement with your name on it.",
        origin=DEMO,
        at=at - timedelta(hours=5),
    )
    _ask_for(bob, account, 700, key="demo-expired", at=at - timedelta(hours=1))
    banking.expire_withdrawals(at=at - timedelta(minutes=40))
    _ask_for(bob, account, 500, key="demo-waits", at=at)


# --- one step each


def _add_account(user: User, iban: str, holder: str, *, at: datetime) -> BankAccount:
    added = banking.add_bank_account(
        user=user, iban=iban, bic="", holder_name=holder, currency="EUR", origin=DEMO, at=at
    )
    _confirm(user, added.account.pk, at=at)
    added.account.refresh_from_db()
    return added.account


def _ask_for(user: User, account: BankAccount, minor: int, *, key: str, at: datetime) -> Withdrawal:
    return banking.request_withdrawal(
        user=user,
        bank_account_id=account.pk,
        amount=Money(minor, "EUR"),
        idempotency_key=key,
        origin=DEMO,
        at=at,
    ).withdrawal


def _withdraw(user: User, account: BankAccount, minor: int, *, at: datetime) -> Withdrawal:
    row = _ask_for(user, account, minor, key=f"demo-{minor}", at=at)
    _confirm(user, row.pk, at=at)
    row.refresh_from_db()
    return row


def _confirm(user: User, subject_id: UUID, *, at: datetime) -> None:
    challenge = stepup_selectors.open_challenge_of(subject_id)
    if challenge is None:
        raise RuntimeError("nothing asks for the PIN")
    stepup.answer(challenge_id=challenge.pk, user=user, method="pin", code=PIN, at=at, origin=DEMO)


def _require(row: Withdrawal, status: WithdrawalStatus) -> None:
    """The bank's verbs pass over what has moved on: demo data must not."""
    row.refresh_from_db()
    if row.status != status:
        raise RuntimeError(f"the demo's withdrawal of {row.amount_minor} is {row.status}, not {status}")


def _claim(row: Withdrawal, by: User, *, at: datetime) -> None:
    banking.claim(withdrawal_id=row.pk, by=by, origin=DEMO, at=at)


def _handed_in(row: Withdrawal, *, at: datetime) -> None:
    with db.transaction():
        banking.mark_submitted(withdrawal_ids=[row.pk], reference="demo", at=at)
    _require(row, WithdrawalStatus.SUBMITTED)


def _unanswered(row: Withdrawal, *, at: datetime) -> None:
    with db.transaction():
        banking.mark_unknown(withdrawal_ids=[row.pk], cause="timeout", at=at)
    _require(row, WithdrawalStatus.UNKNOWN)


def _paid_out(row: Withdrawal, *, at: datetime) -> None:
    with db.transaction():
        banking.mark_submitted(withdrawal_ids=[row.pk], reference="demo", at=at)
        banking.mark_sent(items=[(row.pk, "demo")], at=at)
        banking.mark_settled(
            withdrawal_ids=[row.pk],
            message_id=ids.derive(row.pk, "demo"),
            value_date=at.date(),
            at=at + timedelta(hours=1),
        )
    _require(row, WithdrawalStatus.SETTLED)


def _refused(row: Withdrawal, reason: str, *, at: datetime) -> None:
    with db.transaction():
        banking.mark_submitted(withdrawal_ids=[row.pk], reference="demo", at=at)
        banking.mark_failed(items=[(row.pk, reason)], at=at)
    _require(row, WithdrawalStatus.FAILED)


def _came_back(row: Withdrawal, reason: str, *, at: datetime) -> None:
    message_id = ids.derive(row.pk, "demo-return")
    with db.transaction():
        banking.record_return(
            withdrawal_id=row.pk,
            reason_code=reason,
            amount=Money(row.amount_minor, row.currency),
            message_id=message_id,
            at=at,
        )
        banking.settle_return(withdrawal_id=row.pk, message_id=message_id, at=at)
