"""Home: what a person has, what needs them, and the newest of what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.activity import presentation
from accounts.activity.selectors import ASKED, front
from accounts.jurisdictions.policy import currency_of
from accounts.mfa.selectors import has_pin
from accounts.privacy.selectors import missing_consents
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
    from accounts.identity.requests import PersonRequest
    from accounts.stepup.models import Challenge

RECENT = 8


@dataclass(frozen=True, slots=True)
class Waiting:
    """A payment that waits for its person: what, to whom, until when, and the page that confirms it."""

    kind: str
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
    challenges = waiting_for(user, at=now)
    feed = front(user.pk, {challenge.subject_id for challenge in challenges}, size=RECENT, at=now)
    context = {
        "main": balances[0] if balances else None,
        "others": balances[1:],
        "waiting": _waiting(challenges, feed.needing),
        "questions": _questions(feed.needing),
        # With a payment waiting its own page asks for the PIN; two requests at once would be one too many.
        "needs_pin": not challenges and not has_pin(user),
        "asks_consent": bool(missing_consents(user, at=now)),
        "days": presentation.by_day(feed.newest, time_zone=user.time_zone, now=now),
    }
    return render(request, "accounts/home/home.html", context)


def _questions(rows: Sequence[ActivityItem]) -> list[Question]:
    """What our team asked the person about."""
    return [
        Question(
            amount=Money(abs(row.amount_minor), row.currency),
            name=row.shown_name,
            url=reverse(row.url_name, args=[row.reference]),
        )
        for row in rows
        if row.state == ASKED
    ]


def _waiting(challenges: Sequence[Challenge], rows: Sequence[ActivityItem]) -> list[Waiting]:
    """The payments behind open challenges; a challenge of something else is shown where that is."""
    by_subject = {row.subject_id: row for row in rows}
    return [
        Waiting(
            kind=row.kind,
            amount=Money(abs(row.amount_minor), row.currency),
            name=row.shown_name,
            note=row.note,
            until=challenge.expires_at,
            url=reverse("confirm", args=[challenge.public_id]),
        )
        for challenge in challenges
        if (row := by_subject.get(challenge.subject_id)) is not None
    ]
