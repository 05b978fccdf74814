"""Questions of the withdrawals queue: one page of it, how many wait, and all that one case shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Min, Q

from accounts.activity.models import ActivityItem, Direction
from accounts.wallets.selectors import balances_of, wallet_of
from ledger.selectors import open_holds
from payments.banking.models import BankAccount, Withdrawal, WithdrawalCondition, WithdrawalEvent, WithdrawalQuestion
from payments.banking.states import IN_REVIEW
from support.cases.policy import MOVEMENTS_SHOWN, PAGE_SIZE, TABS
from wallet_project.lib import ids
from wallet_project.lib.desk import Waiting
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from accounts.wallets.selectors import WalletBalance


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Some withdrawals, oldest first, what was found about each, and where to go on ("" at the end)."""

    rows: list[Withdrawal]
    failed: dict[UUID, list[str]]
    after: str


def queue_page(*, tab: str, owner: str, officer: User, after: str) -> QueuePage:
    """One page in two queries, whatever the queue's length: ids are ordered in time, so a page begins at an id.

    Raises NotFound for a position that was not made here.
    """
    rows = Withdrawal.objects.filter(status__in=[status.value for status in TABS[tab].statuses])
    if owner == "mine":
        rows = rows.filter(claimed_by=officer)
    elif owner == "free":
        rows = rows.filter(claimed_by=None)
    if after:
        rows = rows.filter(pk__gt=ids.parse("wdr", after))
    found = list(rows.select_related("user", "claimed_by").order_by("pk")[: PAGE_SIZE + 1])
    page = found[:PAGE_SIZE]
    following = ids.public("wdr", page[-1].pk) if len(found) > PAGE_SIZE else ""
    return QueuePage(page, _failed([row.pk for row in page]), following)


def counts() -> dict[str, int]:
    """How many withdrawals each open tab has; the ended ones are not counted, they only grow."""
    open_tabs = {name: tab for name, tab in TABS.items() if name != "ended"}
    statuses = [status.value for tab in open_tabs.values() for status in tab.statuses]
    rows = Withdrawal.objects.filter(status__in=statuses).order_by().values_list("status").annotate(n=Count("pk"))
    found = dict(rows)
    return {name: sum(found.get(status.value, 0) for status in tab.statuses) for name, tab in open_tabs.items()}


def waiting() -> Waiting:
    """How many withdrawals staff have to decide about, and since when the oldest waits."""
    statuses = [status.value for status in TABS["decide"].statuses]
    row = Withdrawal.objects.filter(status__in=statuses).aggregate(n=Count("pk"), oldest=Min("created_at"))
    return Waiting(count=row["n"], oldest_at=row["oldest"])


def withdrawal_by_id(withdrawal_id: UUID) -> Withdrawal:
    """With everybody who had to do with it. Raises NotFound."""
    people = ("user", "bank_account", "claimed_by", "approved_by", "second_approved_by", "rejected_by")
    found = Withdrawal.objects.select_related(*people).filter(pk=withdrawal_id).first()
    if found is None:
        raise NotFound
    return found


def account_by_id(account_id: UUID) -> BankAccount:
    """With its owner and its last editor. Raises NotFound."""
    found = BankAccount.objects.select_related("user", "last_editor").filter(pk=account_id).first()
    if found is None:
        raise NotFound
    return found


def withdrawals_to(account: BankAccount) -> list[Withdrawal]:
    """The newest withdrawals to a bank account."""
    rows = Withdrawal.objects.filter(bank_account=account).select_related("user")
    return list(rows.order_by("-pk")[:MOVEMENTS_SHOWN])


def events_of(withdrawal: Withdrawal) -> list[WithdrawalEvent]:
    """Every move, in order."""
    return list(WithdrawalEvent.objects.filter(withdrawal=withdrawal).order_by("no"))


def questions_of(withdrawal: Withdrawal) -> list[WithdrawalQuestion]:
    """What was asked and answered, in order."""
    rows = WithdrawalQuestion.objects.filter(withdrawal=withdrawal).select_related("asked_by")
    return list(rows.order_by("asked_at", "id"))


def movements_in(user: User, *, before: datetime) -> list[ActivityItem]:
    """The last money that came in before the withdrawal was asked for, newest first."""
    rows = ActivityItem.objects.filter(user=user, direction=Direction.IN, occurred_at__lte=before)
    return list(rows.order_by("-occurred_at", "-id")[:MOVEMENTS_SHOWN])


def maturing_until(user: User, currency: str) -> dict[UUID, datetime]:
    """When card money still on hold is safe, by the hold's id."""
    wallet = wallet_of(user, currency)
    holds = open_holds(wallet.id) if wallet is not None else []
    return {hold.id: hold.expires_at for hold in holds if hold.expires_at is not None}


def balance_of(user: User, currency: str) -> WalletBalance | None:
    """The wallet the withdrawal leaves from."""
    return next((balance for balance in balances_of(user) if balance.currency == currency), None)


def history_of(user: User) -> dict[str, int]:
    """How the customer's withdrawals ended so far: arrived, refused by us, refused by the bank."""
    rows = Withdrawal.objects.filter(user=user)
    counted: dict[str, int] = rows.aggregate(
        settled=Count("pk", filter=Q(status="SETTLED")),
        rejected=Count("pk", filter=Q(status="REJECTED")),
        failed=Count("pk", filter=Q(status="FAILED")),
    )
    return counted


def in_review_of(account: BankAccount) -> int:
    """How many withdrawals to this account wait for a decision: a correction sends them back to the beginning."""
    statuses = sorted(status.value for status in IN_REVIEW)
    return Withdrawal.objects.filter(bank_account=account, status__in=statuses).count()


def _failed(withdrawal_ids: list[UUID]) -> dict[UUID, list[str]]:
    """The codes that did not hold at the last screening of each."""
    rows = WithdrawalCondition.objects.filter(withdrawal_id__in=withdrawal_ids).order_by("withdrawal_id", "id")
    latest: dict[UUID, int] = {}
    codes: dict[UUID, list[str]] = {}
    for withdrawal_id, number, code, passed in rows.values_list("withdrawal_id", "screening_no", "code", "passed"):
        if number > latest.get(withdrawal_id, 0):
            latest[withdrawal_id], codes[withdrawal_id] = number, []
        if not passed and number == latest[withdrawal_id]:
            codes[withdrawal_id].append(code)
    return codes
