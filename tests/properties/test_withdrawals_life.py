"""Whatever people, officers and the bank do in whatever order: holds, balances and clearing are what the rows say."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schwifty import IBAN

from accounts.limits.models import LimitUsage
from accounts.limits.services import OverLimit
from accounts.staff.policy import COMPLIANCE_LEAD
from accounts.stepup.errors import ChallengeVoid
from ledger.errors import InsufficientFunds
from ledger.money import Money
from payments.banking import policy, services
from payments.banking.errors import OwnEdit, RecheckFailed, SelfApproval, StateConflict
from payments.banking.models import BankAccount, Withdrawal, WithdrawalEvent, WithdrawalReturn
from payments.banking.states import HELD, MOVES, TERMINAL, WithdrawalStatus
from tests.factories.payouts import Books, books
from tests.factories.people import ORIGIN, give_money, make_person, now
from tests.factories.staff import make_officer
from tests.factories.withdrawals import add_account, requested, seen
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from accounts.identity.models import User

REFUSALS = (InsufficientFunds, OverLimit, StateConflict, SelfApproval, OwnEdit, RecheckFailed, ChallengeVoid)
START = 900_000
# Each verb with the states it is meant for: mostly such a row is taken, now and then any other.
VERBS: dict[str, tuple[str, ...]] = {
    "request": (),
    "request_large": (),
    "confirm": ("AWAITING_STEP_UP",),
    "cancel": ("AWAITING_STEP_UP", "UNDER_REVIEW", "AWAITING_CUSTOMER", "AWAITING_SECOND_APPROVAL", "APPROVED"),
    "expire": (),
    "approve": ("UNDER_REVIEW",),
    "second": ("AWAITING_SECOND_APPROVAL",),
    "refuse_second": ("AWAITING_SECOND_APPROVAL",),
    "reject": ("UNDER_REVIEW", "AWAITING_CUSTOMER", "AWAITING_SECOND_APPROVAL"),
    "ask": ("UNDER_REVIEW",),
    "answer": ("AWAITING_CUSTOMER",),
    "correct": ("UNDER_REVIEW", "APPROVED"),
    "submit": (),
    "unknown": ("SUBMITTED",),
    "sent": ("SUBMITTED", "UNKNOWN"),
    "settled": ("SUBMITTED", "UNKNOWN", "SENT"),
    "failed": ("SUBMITTED", "UNKNOWN"),
    "returned": ("SENT", "SETTLED"),
    "return_settled": ("SENT", "SETTLED"),
}
OFTEN = ("request", "request_large", "confirm", "approve", "second", "submit", "sent", "settled", "returned")
STEPS = 60


def new_iban() -> str:
    """An account nobody else has, by its check digits."""
    return str(IBAN.generate("DE", bank_code="37040044", account_code=f"{ids.uuid7().int % 10**10:010}"))


def confirm_without_pin(row: Withdrawal, user: User) -> None:
    """As ``stepup.answer`` does once the PIN was right: the PIN itself is tested elsewhere, and slow on purpose."""
    from accounts.stepup import services as stepup
    from accounts.stepup.models import Challenge

    account = BankAccount.objects.get(pk=row.bank_account_id)
    with db.transaction():
        challenge = stepup.open_challenge(
            user=user, purpose="withdrawal", subject_id=row.pk, payload=policy.payload(row, account), at=now()
        )
        Challenge.objects.filter(pk=challenge.pk).update(state="ANSWERED", answered_at=now())
    services.confirm_withdrawal(subject_id=row.pk, challenge_id=challenge.pk, origin=ORIGIN, at=now())


class Life:
    """One person with two accounts (an old and a new one), two officers, and a bank."""

    def __init__(self) -> None:
        suffix = ids.uuid7().hex[-10:]
        self.person = make_person(f"w{suffix}")
        give_money(self.person, Money(START, "EUR"))
        self.officers = [make_officer(f"o{no}{suffix}", COMPLIANCE_LEAD) for no in (1, 2)]
        self.accounts = [add_account(self.person, iban=new_iban(), cooled_off=is_old) for is_old in (True, False)]
        self.platform_before = books(self.person)
        self.rows: list[Withdrawal] = []
        self.spelling = 0

    def do(self, verb: str, minor: int, place: int) -> None:
        if verb.startswith("request"):
            wanted = minor + (200_000 if verb == "request_large" else 0)
            self.rows.append(requested(self.person, self.accounts[place % 2], wanted))
            return
        if verb == "expire":
            services.expire_withdrawals(at=now() + timedelta(minutes=16))
            return
        if not self.rows:
            return
        rows = list(Withdrawal.objects.filter(user=self.person).order_by("created_at", "id"))
        meant = [row for row in rows if row.status in VERBS[verb]] if place < 85 else []
        chosen = (meant or rows)[place % len(meant or rows)]
        getattr(self, verb)(chosen, self.officers[minor % 2])

    def confirm(self, row: Withdrawal, by: User) -> None:
        confirm_without_pin(row, self.person)

    def cancel(self, row: Withdrawal, by: User) -> None:
        services.cancel_withdrawal(user=self.person, withdrawal_id=row.pk, origin=ORIGIN, at=now())

    def approve(self, row: Withdrawal, by: User) -> None:
        services.approve(withdrawal_id=row.pk, by=by, seen=seen(row), origin=ORIGIN, at=now())

    def second(self, row: Withdrawal, by: User) -> None:
        services.approve_second(withdrawal_id=row.pk, by=by, seen=seen(row), origin=ORIGIN, at=now())

    def refuse_second(self, row: Withdrawal, by: User) -> None:
        services.refuse_second(withdrawal_id=row.pk, by=by, reason="No.", origin=ORIGIN, at=now())

    def reject(self, row: Withdrawal, by: User) -> None:
        services.reject(withdrawal_id=row.pk, by=by, reason="security", origin=ORIGIN, at=now())

    def ask(self, row: Withdrawal, by: User) -> None:
        services.ask(withdrawal_id=row.pk, by=by, question="Why?", origin=ORIGIN, at=now())

    def answer(self, row: Withdrawal, by: User) -> None:
        services.answer_question(user=self.person, withdrawal_id=row.pk, text="So.", origin=ORIGIN, at=now())

    def correct(self, row: Withdrawal, by: User) -> None:
        self.spelling += 1
        holder = f"{self.person.shown_name} {'I' * self.spelling}"
        account = BankAccount.objects.get(pk=row.bank_account_id)
        services.correct_bank_account(
            by=by,
            account_id=account.pk,
            holder_name=holder,
            bic=account.bic,
            reason="typing_mistake",
            origin=ORIGIN,
            at=now(),
        )

    def submit(self, row: Withdrawal, by: User) -> None:
        with db.transaction():
            payouts = services.lock_approved(limit=100, at=now())
            chosen = [payout.withdrawal_id for payout in payouts if payout.withdrawal_id in {r.pk for r in self.rows}]
            services.mark_submitted(withdrawal_ids=chosen, reference="FILE", at=now())

    def _bank(self, verb: Callable[..., Any], **values: Any) -> None:
        with db.transaction():
            verb(**values, at=now())

    def unknown(self, row: Withdrawal, by: User) -> None:
        self._bank(services.mark_unknown, withdrawal_ids=[row.pk], cause="timeout")

    def sent(self, row: Withdrawal, by: User) -> None:
        self._bank(services.mark_sent, items=[(row.pk, "B")])

    def settled(self, row: Withdrawal, by: User) -> None:
        day = date(2026, 11, 23)
        self._bank(services.mark_settled, withdrawal_ids=[row.pk], message_id=ids.uuid7(), value_date=day)

    def failed(self, row: Withdrawal, by: User) -> None:
        self._bank(services.mark_failed, items=[(row.pk, "AC04")])

    def returned(self, row: Withdrawal, by: User) -> None:
        amount = Money(row.amount_minor, "EUR")
        reason = "AC04" if row.amount_minor % 2 else "MS03"
        self._bank(
            services.record_return, withdrawal_id=row.pk, reason_code=reason, amount=amount, message_id=ids.uuid7()
        )

    def return_settled(self, row: Withdrawal, by: User) -> None:
        self._bank(services.settle_return, withdrawal_id=row.pk, message_id=ids.uuid7())

    def expected(self) -> Books:
        """The books as the rows say they must be."""
        rows = list(Withdrawal.objects.filter(user=self.person))
        backs = list(WithdrawalReturn.objects.filter(withdrawal__in=rows).select_related("withdrawal"))
        gone = [row for row in rows if row.status in (WithdrawalStatus.SENT, WithdrawalStatus.SETTLED)]
        settled_minor = sum(row.amount_minor for row in gone if row.status == WithdrawalStatus.SETTLED)
        sent_minor = sum(row.amount_minor for row in gone if row.status == WithdrawalStatus.SENT)
        fees = sum(row.fee_minor for row in gone) - sum(b.withdrawal.fee_minor for b in backs if b.fee_returned)
        came = sum(back.amount_minor for back in backs)
        home = sum(back.amount_minor for back in backs if back.settled_at)
        zero = self.platform_before
        return Books(
            wallet=START - sent_minor - settled_minor - fees + came,
            held=sum(row.amount_minor + row.fee_minor for row in rows if row.status in HELD),
            clearing=zero.clearing + sent_minor - (came - home),
            bank=zero.bank + settled_minor - home,
            fees=zero.fees + fees,
        )

    def used(self) -> int:
        return sum(LimitUsage.objects.filter(user=self.person, product="WITHDRAW").values_list("used_minor", flat=True))


@pytest.mark.usefixtures("clone_db")
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(chance=st.randoms(use_true_random=True))
def test_the_books_are_what_the_rows_say(chance: Random) -> None:
    life = Life()
    for _ in range(STEPS):
        verb = chance.choice([*VERBS, *(OFTEN * 4)])
        minor, place = chance.randint(100, 90_000), chance.randint(0, 99)
        with suppress(*REFUSALS):
            life.do(verb, minor, place)
        assert books(life.person) == life.expected()
    rows = Withdrawal.objects.filter(user=life.person)
    kept = [row for row in rows if row.status not in TERMINAL or row.status == WithdrawalStatus.SETTLED]
    assert life.used() == sum(row.amount_minor for row in kept)
    for row in rows:
        moves = list(WithdrawalEvent.objects.filter(withdrawal=row).order_by("no"))
        assert [event.no for event in moves] == list(range(1, row.revision + 1))
        assert [event.to_status for event in moves[:-1]] == [event.from_status for event in moves[1:]]
        assert all(event.to_status in MOVES[event.from_status] for event in moves)
        assert moves[-1].to_status == row.status
