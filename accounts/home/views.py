"""Home: what a person has, what needs them, and the newest of what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.activity import presentation
from accounts.activity.selectors import awaiting_answer, of_subjects, page
from accounts.jurisdictions.policy import currency_of
from accounts.mfa.selectors import has_pin
from accounts.stepup.selectors import waiting_for
from accounts.wallets.selectors import balances_of, main_first
from ledger.money import Money
from wallet_project.lib import clock
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.http import HttpResponse

    from accounts.activity.models import ActivityItem
    from accounts.identity.models import User
    from accounts.identity.requests import PersonRequest
    from accounts.stepup.models import Challenge

RECENT = 8


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payment that waits for its person: what, to whom, until when, and the page that confirms it."""

    amount: Money
    name: str
    note: str
    until: datetime
    url: str


@dataclass(frozen=True, slots=True)
class Question:
    """A payment about which our team asked something: the page that takes the answer."""

    amount: Money
    name: str
    url: str


@require_safe
@login_required
@limited("read")
def home(request: PersonRequest) -> HttpResponse:
    """At most eight queries, whatever the history's size."""
    user = request.user
    now = clock.now()
    balances = main_first(balances_of(user, at=now), currency_of(user.country))
    recent = page(user.pk, size=RECENT).items
    challenges = waiting_for(user, at=now)
    context = {
        "main": balances[0] if balances else None,
        "others": balances[1:],
        "waiting": _waiting(user, challenges, recent),
        "questions": _questions(user, at=now),
        # With a payment waiting its own page asks for the PIN; two requests at once would be one too many.
        "needs_pin": not challenges and not has_pin(user),
        "days": presentation.by_day(recent, time_zone=user.time_zone, now=now),
    }
    return render(request, "accounts/home/home.html", context)


def _questions(user: User, *, at: datetime) -> list[Question]:
    """What the person is asked; a payment on hold may be older than the newest rows."""
    return [
        Question(
            amount=Money(abs(row.amount_minor), row.currency),
            name=row.shown_name,
            url=reverse(row.url_name, args=[row.reference]),
        )
        for row in awaiting_answer(user.pk, at=at)
    ]


def _waiting(user: User, challenges: Sequence[Challenge], recent: Sequence[ActivityItem]) -> list[Waiting]:
    """The payments behind open challenges, from the feed: usually its newest rows, else one more query."""
    wanted = {challenge.subject_id for challenge in challenges}
    rows = {row.subject_id: row for row in recent if row.subject_id in wanted}
    if wanted - rows.keys():
        rows |= {row.subject_id: row for row in of_subjects(user.pk, wanted - rows.keys())}
    return [
        Waiting(
            amount=Money(abs(row.amount_minor), row.currency),
            name=row.shown_name,
            note=row.note,
            until=challenge.expires_at,
            url=reverse("confirm", args=[challenge.public_id]),
        )
        for challenge in challenges
        if (row := rows.get(challenge.subject_id)) is not None
    ]
