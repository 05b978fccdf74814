"""What the rooms of accounts hold about a person. Reads only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_lazy as _

from accounts.activity.models import ActivityItem
from accounts.audit.events import SecurityEvent
from accounts.audit.models import RecordedEvent
from accounts.devices.selectors import sessions_of
from accounts.privacy import selectors
from accounts.privacy.models import SwitchChange
from accounts.privacy.registry import Section
from accounts.statements.models import Statement
from accounts.wallets.selectors import balances_of
from ledger.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from accounts.identity.models import User

_WHEN, _STATE, _AMOUNT = _("When"), _("State"), _("Amount")
CHUNK = 500


def of(*, user: User, at: datetime) -> Iterator[Section]:
    """Profile, contacts, wallets, activity, consents, devices, and what happened to the account."""
    yield _profile(user)
    yield _contacts(user)
    yield from _money(user, at)
    yield from _agreed(user)
    yield from _security(user, at)


def _profile(user: User) -> Section:
    fields = {
        "handle": _("Handle"),
        "shown_name": _("Your name"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "phone_verified_at": _("Phone confirmed"),
        "language": _("Language"),
        "country": _("Country"),
        "time_zone": _("Time zone"),
        "theme": _("Appearance"),
        "date_joined": _("Since"),
        "verified_at": _("First contact confirmed"),
        "state": _STATE,
        "tier": _("Tier"),
    }
    return Section("profile", _("You"), fields, [[getattr(user, name) for name in fields]])


def _contacts(user: User) -> Section:
    rows = EmailAddress.objects.filter(user_id=user.pk).order_by("pk")
    return Section(
        "email_addresses",
        _("E-mail addresses"),
        {"email": _("E-mail"), "verified": _("Confirmed"), "primary": _("The one we write to")},
        [[row.email, row.verified, row.primary] for row in rows],
    )


def _money(user: User, at: datetime) -> Iterator[Section]:
    yield Section(
        "wallets",
        _("Wallets"),
        {"available": _("Available")},
        [[balance.available] for balance in balances_of(user, at=at)],
    )
    items = ActivityItem.objects.filter(user_id=user.pk).order_by("occurred_at", "id")
    yield Section(
        "activity",
        _("Activity"),
        {
            "reference": _("Reference"),
            "occurred_at": _WHEN,
            "kind": _("Kind"),
            "direction": _("Direction"),
            "state": _STATE,
            "amount": _AMOUNT,
            "shown_name": _("Name"),
            "note": _("Note"),
            "category": _("Category"),
        },
        (
            [
                item.reference,
                item.occurred_at,
                item.kind,
                item.direction,
                item.state,
                Money(item.amount_minor, item.currency),
                item.shown_name,
                item.note,
                item.category,
            ]
            for item in items.iterator(CHUNK)
        ),
    )
    statements = Statement.objects.filter(user_id=user.pk).order_by("requested_at", "id")
    yield Section(
        "statements",
        _("Statements"),
        {
            "requested_at": _WHEN,
            "first_day": _("From"),
            "last_day": _("To"),
            "currency": _("Currency"),
            "format": _("Format"),
            "status": _STATE,
        },
        [[row.requested_at, row.first_day, row.last_day, row.currency, row.format, row.status] for row in statements],
    )


def _agreed(user: User) -> Iterator[Section]:
    yield Section(
        "consents",
        _("Terms and privacy notice you accepted"),
        {"document": _("Document"), "version": _("Version"), "accepted_at": _WHEN, "channel": _("Where")},
        [[one.document, one.version, one.accepted_at, one.channel] for one in selectors.consents_of(user)],
    )
    yield Section(
        "switches",
        _("What you allow"),
        {"switch": _("Switch"), "is_on": _("On")},
        [[name, is_on] for name, is_on in selectors.switches_of(user).items()],
    )
    yield Section(
        "switch_changes",
        _("When you turned a switch"),
        {"switch": _("Switch"), "is_on": _("On"), "changed_at": _WHEN},
        [
            [turn.switch, turn.is_on, turn.changed_at]
            for turn in SwitchChange.objects.filter(user_id=user.pk).order_by("changed_at", "id")
        ],
    )


def _security(user: User, at: datetime) -> Iterator[Section]:
    yield Section(
        "devices",
        _("Devices"),
        {"kind": _("Kind"), "device": _("Calls itself"), "created_at": _("Signed in"), "last_seen_at": _("Last used")},
        [[row.kind, row.device, row.created_at, row.last_seen_at] for row in sessions_of(user, at=at)],
    )
    factors = Authenticator.objects.filter(user_id=user.pk).order_by("pk")
    yield Section(
        "second_factors",
        _("Second factors"),
        {"type": _("Kind"), "created_at": _("Added"), "last_used_at": _("Last used")},
        [[row.type, row.created_at, row.last_used_at] for row in factors],
    )
    happened = RecordedEvent.objects.filter(subject_id=user.pk, name=SecurityEvent.name).order_by("occurred_at", "id")
    yield Section(
        "security_events",
        _("What happened to your account"),
        {"kind": _("Kind"), "occurred_at": _WHEN, "channel": _("Where")},
        ([one.payload["kind"], one.occurred_at, one.channel] for one in happened.iterator(CHUNK)),
    )
