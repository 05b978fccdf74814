"""Bank accounts and withdrawals for tests, through the services that people, officers and the bank's messages use."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from accounts.activity.models import ActivityItem
from accounts.audit.models import RecordedEvent
from accounts.identity.services import people
from accounts.limits.models import LimitUsage
from accounts.stepup import services as stepup
from accounts.stepup.selectors import open_challenge_of
from accounts.wallets.selectors import balances_of
from ledger.money import Money
from payments.banking import services
from payments.banking.models import BankAccount, Withdrawal, WithdrawalCondition, WithdrawalEvent
from payments.banking.officers import Seen, seen_of
from tests.factories.people import ORIGIN, PIN, now
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from types import TracebackType
    from uuid import UUID

    from accounts.identity.models import User
    from accounts.stepup.models import Challenge

IBAN = "DE89370400440532013000"
OTHER_IBAN = ("FR1420041010050500013M02606", "NL91ABNA0417164300", "ES9121000418450200051332", "DE75512108001245126199")


def add_account(
    user: User, *, iban: str = IBAN, holder: str = "", is_confirmed: bool = True, cooled_off: bool = True
) -> BankAccount:
    """An account of ``user``, confirmed with the PIN; added three days ago unless it shall still be new."""
    at = now() - timedelta(days=3) if cooled_off and is_confirmed else now()
    added = services.add_bank_account(
        user=user,
        iban=iban,
        bic="",
        holder_name=holder or user.shown_name,
        currency="EUR",
        origin=ORIGIN,
        at=at,
    )
    if is_confirmed:
        _answer(user, added.challenge, at)
    return BankAccount.objects.get(pk=added.account.pk)


def requested(user: User, account: BankAccount, minor: int, **changes: Any) -> Withdrawal:
    """A withdrawal that waits for the PIN."""
    asked: dict[str, Any] = {
        "user": user,
        "bank_account_id": account.pk,
        "amount": Money(minor, "EUR"),
        "idempotency_key": uuid4().hex,
        "origin": ORIGIN,
        "at": now(),
    }
    return services.request_withdrawal(**(asked | changes)).withdrawal


def confirmed(user: User, account: BankAccount, minor: int, **changes: Any) -> Withdrawal:
    """A withdrawal confirmed with the PIN: approved by the rules, or under review."""
    row = requested(user, account, minor, **changes)
    _answer(user, open_challenge_of(row.pk), changes.get("at", now()))
    return fresh(row)


def renewed_and_answered(row: BankAccount | Withdrawal, user: User) -> UUID:
    """Confirms it on a second challenge; returns the first."""
    old = open_challenge_of(row.pk)
    assert old is not None
    new = stepup.renew(challenge_id=old.pk, user=user, at=now(), origin=ORIGIN)
    stepup.answer(challenge_id=new.pk, user=user, method="pin", code=PIN, at=now(), origin=ORIGIN)
    return old.pk


def _answer(user: User, challenge: Challenge | None, at: Any) -> None:
    assert challenge is not None
    stepup.answer(challenge_id=challenge.pk, user=user, method="pin", code=PIN, at=at, origin=ORIGIN)


# --- officers


def seen(row: Withdrawal) -> Seen:
    """What a page made now shows."""
    now_ = fresh(row)
    return seen_of(now_, now_.bank_account)


def claim(row: Withdrawal, by: User) -> Withdrawal:
    """Taken by an officer."""
    return services.claim(withdrawal_id=row.pk, by=by, origin=ORIGIN, at=now())


def ask(row: Withdrawal, by: User, question: str) -> Withdrawal:
    """Taken by an officer, if nobody has it, and asked about."""
    if fresh(row).claimed_by_id is None:
        claim(row, by)
    return services.ask(withdrawal_id=row.pk, by=by, question=question, origin=ORIGIN, at=now())


def reject(row: Withdrawal, by: User, reason: str, note: str = "") -> Withdrawal:
    """Taken and rejected."""
    claim(row, by)
    return services.reject(withdrawal_id=row.pk, by=by, reason=reason, note=note, origin=ORIGIN, at=now())


def approve(row: Withdrawal, by: User) -> Withdrawal:
    """Taken and approved, or proposed to a second officer."""
    claim(row, by)
    return services.approve(withdrawal_id=row.pk, by=by, seen=seen(row), origin=ORIGIN, at=now())


def correct(
    row: Withdrawal,
    by: User,
    *,
    holder: str = "Alice M. Example",
    bic: str = "COBADEFFXXX",
    reason: str = "typing_mistake",
) -> BankAccount:
    """Its account, corrected by an officer."""
    return services.correct_bank_account(
        by=by,
        account_id=row.bank_account_id,
        holder_name=holder,
        bic=bic,
        reason=reason,
        origin=ORIGIN,
        at=now(),
    )


# --- the bank


def submitted(row: Withdrawal) -> Withdrawal:
    """In a file for the bank."""
    with db.transaction_if_not_already():
        services.mark_submitted(withdrawal_ids=[row.pk], reference="test", at=now())
    return fresh(row)


def unanswered(row: Withdrawal) -> Withdrawal:
    """In a file the bank has not answered."""
    submitted(row)
    with db.transaction_if_not_already():
        services.mark_unknown(withdrawal_ids=[row.pk], cause="timeout", at=now())
    return fresh(row)


def sent(row: Withdrawal) -> Withdrawal:
    """Accepted by the bank."""
    submitted(row)
    with db.transaction_if_not_already():
        services.mark_sent(items=[(row.pk, "BANK-1")], at=now())
    return fresh(row)


def settled(row: Withdrawal) -> Withdrawal:
    """On the bank's statement."""
    with db.transaction_if_not_already():
        services.mark_settled(withdrawal_ids=[row.pk], message_id=ids.uuid7(), value_date=now().date(), at=now())
    return fresh(row)


def failed(row: Withdrawal, reason: str = "AC04") -> Withdrawal:
    """Refused by the bank."""
    submitted(row)
    with db.transaction_if_not_already():
        services.mark_failed(items=[(row.pk, reason)], at=now())
    return fresh(row)


def returned(row: Withdrawal, reason: str) -> Withdrawal:
    """Sent back by the other bank."""
    with db.transaction_if_not_already():
        services.record_return(
            withdrawal_id=row.pk,
            reason_code=reason,
            amount=Money(row.amount_minor, row.currency),
            message_id=ids.uuid7(),
            at=now(),
        )
    return fresh(row)


# --- looking


def fresh(row: Withdrawal) -> Withdrawal:
    """The row as it is now."""
    return Withdrawal.objects.get(pk=row.pk)


def screenings(row: Withdrawal) -> int:
    """How often the rules looked at it."""
    return WithdrawalCondition.objects.filter(withdrawal=row).values("screening_no").distinct().count()


def told(row: Withdrawal | BankAccount) -> list[str]:
    """The facts told of it, in order."""
    names = RecordedEvent.objects.filter(subject_id=row.pk, name__regex=r"^(withdrawal|bank_account)\.")
    return list(names.order_by("recorded_at", "id").values_list("name", flat=True))


def public(row: BankAccount | Withdrawal) -> str:
    """Its id outside."""
    return ids.public("ban" if isinstance(row, BankAccount) else "wdr", row.pk)


def freeze(user: User) -> None:
    """Staff froze the person."""
    with db.transaction_if_not_already():
        people.freeze(user=user, by="staff:test", at=now(), origin=ORIGIN)


def counted(user: User) -> tuple[Any, ...]:
    """Everything a withdrawal writes for somebody: how many, and what is on the wallets."""
    balances = [(wallet.currency, wallet.available_minor, wallet.held_minor) for wallet in balances_of(user)]
    mine = Withdrawal.objects.filter(user=user)
    return (
        balances,
        sorted(mine.values_list("pk", "status", "revision")),
        WithdrawalEvent.objects.filter(withdrawal__user=user).count(),
        ActivityItem.objects.filter(user=user).count(),
        sorted(LimitUsage.objects.filter(user=user).values_list("product", "used_minor")),
        RecordedEvent.objects.filter(name__startswith="withdrawal.").count(),
    )


class NothingMoved:
    """``with NothingMoved(alice): …`` fails if anything of a withdrawal was written or moved for her."""

    def __init__(self, user: User) -> None:
        self.user = user

    def __enter__(self) -> Self:
        self.before = counted(self.user)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            assert counted(self.user) == self.before
