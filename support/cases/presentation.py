"""One case as its page shows it: who wants what, what was found, where the money came from, what may be decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.activity.policy import STATES, title
from accounts.approvals.errors import SelfApproval
from accounts.identity.policy import mask_email, mask_name, mask_phone
from accounts.jurisdictions.policy import COUNTRIES
from accounts.staff.services import REVEAL
from ledger.money import Money
from payments.banking import feed
from payments.banking import policy as banking
from payments.banking.conditions import MUST_HOLD
from payments.banking.errors import OwnEdit
from payments.banking.officers import REVIEW, SECOND, require_independent
from payments.banking.selectors import latest_screening
from payments.banking.states import IN_REVIEW
from payments.banking.states import WithdrawalStatus as Status
from support.cases import selectors
from support.cases.policy import STATUS_WORDS, Deadline, deadline, span
from support.cases.timeline import Moment, moments_of, when
from support.cases.wording import SHORT, found, place_of, shown_money
from wallet_project.lib import ids

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.utils.functional import Promise

    from accounts.activity.models import ActivityItem
    from accounts.identity.models import User
    from payments.banking.models import BankAccount, Withdrawal, WithdrawalCondition, WithdrawalQuestion


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition that did not hold. ``blocks``: no officer can overrule it."""

    code: str
    words: str
    blocks: bool


@dataclass(frozen=True, slots=True)
class MoneyIn:
    """One line of "where the money came from"."""

    at: datetime
    when: str
    source: str
    state: str
    tone: str
    amount: str


@dataclass(frozen=True, slots=True)
class PersonBox:
    """The customer, masked unless ``revealed``."""

    name: str
    public_id: str
    email: str
    phone: str
    country: str
    available: str
    held: str
    owed: str
    history: dict[str, int]
    revealed: bool
    can_reveal: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What this officer may do now, and why not."""

    is_open: bool
    can_claim: bool
    can_unclaim: bool
    can_approve: bool
    can_second: bool
    can_ask: bool
    can_reject: bool
    needs_second: bool
    refusal: str
    claimed_by_other: str

    def shows(self, act: str) -> bool:
        """Whether the page offers the form of this act."""
        return {"reject": self.can_reject, "ask": self.can_ask, "refuse": self.can_second}.get(act, True)


@dataclass(frozen=True, slots=True)
class Case:
    """Everything on the page of one withdrawal."""

    withdrawal: Withdrawal
    reference: str
    short_reference: str
    amount: str
    fee: str
    total: str
    tone: str
    status: str | Promise
    due: Deadline | None
    requested: str
    customer_since: str
    findings: list[Finding]
    passed: list[str]
    money_in: list[MoneyIn]
    moments: list[Moment]
    questions: list[WithdrawalQuestion]
    person: PersonBox
    decision: Decision
    threshold: str


def case_of(withdrawal: Withdrawal, *, officer: User, revealed: bool, at: datetime) -> Case:
    """The page of one withdrawal, as ``officer`` sees it."""
    amount, total = banking.amount_of(withdrawal), banking.total_of(withdrawal)
    tone, status = STATUS_WORDS[withdrawal.status]
    screening = sorted(latest_screening(withdrawal), key=lambda row: place_of(row.code))
    questions = selectors.questions_of(withdrawal)
    may_read = officer.has_perm(REVIEW)
    waits = withdrawal.status in {Status.UNDER_REVIEW, Status.AWAITING_SECOND_APPROVAL}
    return Case(
        withdrawal=withdrawal,
        reference=ids.public("wdr", withdrawal.pk),
        short_reference=short_reference(withdrawal),
        amount=shown_money(amount),
        fee=shown_money(Money(withdrawal.fee_minor, withdrawal.currency)),
        total=shown_money(total),
        tone=tone,
        status=status,
        due=deadline(withdrawal.review_due_at, at) if waits else None,
        requested=span(at - withdrawal.created_at),
        customer_since=span(at - (withdrawal.user.verified_at or withdrawal.user.date_joined)),
        findings=_findings(withdrawal, screening),
        passed=[_words(withdrawal, row) for row in screening if row.passed],
        money_in=_money_in(withdrawal, at),
        moments=moments_of(withdrawal, questions=questions, may_read=may_read, total=shown_money(total), at=at),
        questions=questions,
        person=_person(withdrawal, officer, revealed=revealed),
        decision=decision_of(withdrawal, officer),
        threshold=shown_money(Money(banking.SECOND_APPROVAL_FROM_EURO_CENTS, "EUR")),
    )


def short_reference(withdrawal: Withdrawal) -> str:
    """The end of the reference, enough to tell two cases apart when talking: ``WDR 7F3K20``."""
    return f"WDR {withdrawal.end_to_end_id[-6:].upper()}"


def decision_of(withdrawal: Withdrawal, officer: User) -> Decision:
    """What this officer may do now. The service asks all of it again."""
    may_review = officer.has_perm(REVIEW)
    other = withdrawal.claimed_by if withdrawal.claimed_by_id not in (None, officer.pk) else None
    is_open = withdrawal.status in IN_REVIEW
    free = is_open and may_review and other is None
    at_first = withdrawal.status == Status.UNDER_REVIEW
    at_second = withdrawal.status == Status.AWAITING_SECOND_APPROVAL
    refusal = _refusal(withdrawal, officer) if at_first or at_second else ""
    mine = withdrawal.claimed_by_id == officer.pk
    return Decision(
        is_open=is_open,
        can_claim=free and not mine and not at_second,
        can_unclaim=free and mine,
        can_approve=free and at_first and not refusal,
        can_second=at_second and officer.has_perm(SECOND) and not refusal,
        can_ask=free and at_first,
        can_reject=free,
        needs_second=withdrawal.second_approval_needed,
        refusal=refusal,
        claimed_by_other=(other.handle or "") if other is not None else "",
    )


def _refusal(withdrawal: Withdrawal, officer: User) -> str:
    try:
        require_independent(withdrawal, withdrawal.bank_account, officer)
    except OwnEdit:
        return _("You edited this bank account, so you can’t approve money to it.")
    except SelfApproval:
        return _("You gave the first approval. Someone else must give the second.")
    return ""


def _findings(withdrawal: Withdrawal, screening: Sequence[WithdrawalCondition]) -> list[Finding]:
    return [
        Finding(row.code, _words(withdrawal, row), blocks=row.code in MUST_HOLD) for row in screening if not row.passed
    ]


def _words(withdrawal: Withdrawal, row: WithdrawalCondition) -> str:
    age = span(row.checked_at - withdrawal.bank_account.changed_at)
    return found(
        row.code, passed=row.passed, details=row.details, currency=withdrawal.currency, more={"account_age": age}
    )


def _money_in(withdrawal: Withdrawal, at: datetime) -> list[MoneyIn]:
    items = selectors.movements_in(withdrawal.user, before=withdrawal.created_at)
    maturing = selectors.maturing_until(withdrawal.user, withdrawal.currency) if items else {}
    lines = []
    for item in items:
        shown = STATES[item.state]
        state, tone = str(shown.label), shown.tone
        safe_at = maturing.get(ids.derive(item.subject_id, "maturing"))
        if safe_at is not None:
            state, tone = _("Matures in %(span)s") % {"span": span(safe_at - at)}, "needs"
        source = _source(item)
        amount = shown_money(Money(item.amount_minor, item.currency))
        lines.append(MoneyIn(item.occurred_at, when(item.occurred_at, at), source, state, tone, amount))
    return lines


def _source(item: ActivityItem) -> str:
    """A person's name only in part; a bank account's is its masked number already."""
    if not item.shown_name:
        return str(title(item.kind, item.direction))
    return item.shown_name if item.kind == feed.KIND else mask_name(item.shown_name)


def _person(withdrawal: Withdrawal, officer: User, *, revealed: bool) -> PersonBox:
    user = withdrawal.user
    balance = selectors.balance_of(user, withdrawal.currency)
    nothing = Money(0, withdrawal.currency)
    country = COUNTRIES.get(user.country)
    return PersonBox(
        name=mask_name(user.shown_name),
        public_id=user.public_id,
        email=(user.email if revealed else mask_email(user.email)) if user.email else "",
        phone=(user.phone if revealed else mask_phone(user.phone)) if user.phone else "",
        country=str(country.name) if country is not None else user.country,
        available=shown_money(balance.available if balance is not None else nothing),
        held=shown_money(Money(balance.held_minor, balance.currency) if balance is not None else nothing),
        owed=shown_money(balance.owed) if balance is not None and balance.owed_minor else "",
        history=selectors.history_of(user),
        revealed=revealed,
        can_reveal=officer.has_perm(REVEAL),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One withdrawal in the queue."""

    withdrawal: Withdrawal
    reference: str
    amount: str
    name: str
    waited: str
    tone: str
    status: str | Promise
    due: Deadline | None
    failed: list[str]


def line_of(withdrawal: Withdrawal, failed: Sequence[str], *, at: datetime, waits: bool) -> Line:
    """A row of the queue; ``failed`` are the codes that did not hold."""
    tone, status = STATUS_WORDS[withdrawal.status]
    return Line(
        withdrawal=withdrawal,
        reference=short_reference(withdrawal),
        amount=shown_money(banking.amount_of(withdrawal)),
        name=mask_name(withdrawal.user.shown_name),
        waited=span(at - withdrawal.created_at),
        tone=tone,
        status=status,
        due=deadline(withdrawal.review_due_at, at) if waits else None,
        failed=[str(SHORT[code]) if code in SHORT else code for code in sorted(failed, key=place_of)],
    )


@dataclass(frozen=True, slots=True)
class AccountBox:
    """A bank account on the desk, masked."""

    account: BankAccount
    reference: str
    masked: str
    holder: str
    owner: str
    editor: str
    in_review: int
    withdrawals: list[Line]


def account_box_of(account: BankAccount) -> AccountBox:
    """The page of one bank account."""
    editor = account.last_editor
    return AccountBox(
        account=account,
        reference=banking.account_public_id(account),
        masked=f"{account.country}•• •••• {account.iban_last4}",
        holder=mask_name(account.holder_name),
        owner=mask_name(account.user.shown_name),
        editor=(editor.handle or "") if editor.is_staff else "",
        in_review=selectors.in_review_of(account),
        withdrawals=[line_of(row, [], at=row.created_at, waits=False) for row in selectors.withdrawals_to(account)],
    )
