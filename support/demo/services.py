"""Fills a development copy through the same services that people use."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import requests
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings

from accounts.identity.mfa_adapter import sealing_for
from accounts.identity.models import User
from accounts.identity.services import people as identity
from accounts.mfa import services as mfa
from accounts.staff.services import give_role
from accounts.stepup import selectors as stepup_selectors
from accounts.stepup import services as stepup
from ledger.money import Money
from payments.funding import services as funding
from support.demo.money_out import load_withdrawals
from support.demo.people import PASSWORD, PEOPLE, PIN, STAFF
from transfers.p2p import services as p2p
from transfers.payees import services as payees
from wallet_project.lib import db
from wallet_project.lib.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from support.demo.people import DemoPerson, DemoStaff

DEMO = Origin(channel="worker", request_id="demo")
CARD = "4242424242424242"
TIMEOUT_SECONDS = 10


def load_demo(*, tell: Callable[[str], None], now: Callable[[], datetime]) -> bool:
    """Makes the demo people, staff and a little history. Once they are there, it only keeps staff in their roles.

    Says whether it made them.
    """
    if User.objects.filter(handle=PEOPLE[0].handle).exists():
        _keep_roles(at=now())
        return False
    for member in STAFF:
        _hire(member, at=now())
    tell("staff")
    for person in PEOPLE:
        _sign_up(person, at=now())
        tell(person.handle)
    _save_up("alice", 100_000, days_ago=(9, 8, 7), now=now)
    _save_up("bob", 3_000, days_ago=(9,), now=now)
    load_withdrawals(now())  # before fresh card money has people look at every one of them
    tell("withdrawals")
    for person in PEOPLE:
        if person.adds_minor:
            _add_money(person.handle, person.adds_minor, key="demo", at=now())
    tell("money by card")
    _send("alice", "bob", 4_250, "Dinner", now=now)
    _send("bob", "alice", 1_200, "Cinema", now=now)
    _send("mei", "alice", 3_000, "晚饭", now=now)
    tell("transfers")
    return True


def _sign_up(person: DemoPerson, *, at: datetime) -> None:
    with db.transaction():
        user = User.objects.create_user(
            password=PASSWORD,
            handle=person.handle,
            shown_name=person.name,
            email=person.email,
            phone=person.phone,
            phone_verified_at=at if person.phone else None,
            language=person.language,
            terms_accepted_at=at,
        )
        EmailAddress.objects.create(user=user, email=person.email, verified=True, primary=True)
        identity.verification_completed(user=user, contact="email", at=at, origin=DEMO)
    if person.has_pin:
        mfa.set_pin(user=user, pin=PIN, at=at, origin=DEMO)


def _hire(member: DemoStaff, *, at: datetime) -> None:
    with db.transaction():
        user = User.objects.create_user(
            password=PASSWORD, handle=member.handle, email=member.email, is_staff=True, terms_accepted_at=at
        )
        EmailAddress.objects.create(user=user, email=member.email, verified=True, primary=True)
        with sealing_for(user):
            TOTP.activate(user, generate_totp_secret())
        give_role(user=user, role=member.role, actor="operator", origin=DEMO, at=at)
    if not Authenticator.objects.filter(user=user).exists():
        raise RuntimeError("a member of staff needs a second factor")


def _keep_roles(*, at: datetime) -> None:
    """A copy from before a role was renamed or its groups were code: everybody gets the role they have here."""
    for member in STAFF:
        user = User.objects.filter(handle=member.handle, is_staff=True).first()
        if user is not None:
            give_role(user=user, role=member.role, actor="operator", origin=DEMO, at=at)


def _save_up(handle: str, minor: int, *, days_ago: Sequence[int], now: Callable[[], datetime]) -> None:
    """Card money of some days ago, which has matured: the simulator's clock is put back for each."""
    for days in days_ago:
        _order("clock", seconds=timedelta(days=days).total_seconds(), back=True)
        _add_money(handle, minor, key=f"demo-{days}", at=now() - timedelta(days=days))
        _order("clock", reset=True)


def _add_money(handle: str, minor: int, *, key: str, at: datetime) -> None:
    started = funding.start_top_up(
        user=User.objects.get(handle=handle),
        amount=Money(minor, "EUR"),
        method="card",
        idempotency_key=key,
        origin=DEMO,
        at=at,
    )
    top_up = funding.open_page(top_up_id=started.top_up.pk, at=at)
    _order("pay", session=top_up.provider_id, card=CARD)
    funding.settle_from_provider(top_up_id=top_up.pk, at=at, cause="demo")


def _order(name: str, **values: Any) -> None:
    """Something the simulator shall do."""
    answer = requests.post(f"{settings.STRIPE_API_BASE}/_control/{name}", json=values, timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()


def _send(sender: str, receiver: str, amount_minor: int, note: str, *, now: Callable[[], datetime]) -> None:
    user = User.objects.get(handle=sender)
    payee = payees.resolve(payer=user, identifier=receiver, at=now()).payee
    sent = p2p.send_money(
        sender=user,
        payee_id=payee.pk,
        amount=Money(amount_minor, "EUR"),
        idempotency_key=f"demo-{receiver}",
        origin=DEMO,
        at=now(),
        note=note,
    )
    challenge = stepup_selectors.open_challenge_of(sent.transfer.pk)
    if challenge is not None:
        stepup.answer(challenge_id=challenge.pk, user=user, method="pin", code=PIN, at=now(), origin=DEMO)
