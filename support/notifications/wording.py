"""A notice in words, in its reader's language: the inbox row and the message say the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from ledger.formatting import format_money
from ledger.money import Money
from support.notifications.policy import KINDS
from wallet_project.lib import ids

if TYPE_CHECKING:
    from support.notifications.models import Notification


@dataclass(frozen=True, slots=True)
class Worded:
    """``url`` is a path on this site, empty where the notice leads nowhere."""

    title: str
    body: str
    icon: str
    url: str
    is_security: bool


@dataclass(frozen=True, slots=True)
class Message:
    """The same notice as it leaves by e-mail or text message."""

    subject: str
    text: str


def worded(notice: Notification) -> Worded:
    """The notice in the active language."""
    kind = KINDS[notice.kind]
    values = {"amount": _amount(notice), "who": notice.counterparty_shown}
    return Worded(
        title=str(kind.title) % values,
        body=str(kind.body) % values,
        icon=kind.icon,
        url=_url(notice),
        is_security=kind.is_security,
    )


def message_for(notice: Notification) -> Message:
    """The message in the recipient's own language, with the page it leads to."""
    with translation.override(notice.user.language):
        words = worded(notice)
        link = settings.PUBLIC_URL + (words.url or reverse("notifications"))
        text = render_to_string("emails/notice.txt", {"words": words, "link": link})
    return Message(subject=words.title, text=text.strip())


def _amount(notice: Notification) -> str:
    if "amount_minor" not in notice.facts:
        return ""
    return format_money(
        Money(notice.facts["amount_minor"], notice.facts["currency"]), translation.get_language() or "en"
    )


def _url(notice: Notification) -> str:
    opens = KINDS[notice.kind].opens
    if opens is None or "subject_id" not in notice.facts:
        return ""
    name, prefix = opens
    if not prefix:
        return reverse(name)
    return reverse(name, args=[ids.public(prefix, UUID(notice.facts["subject_id"]))])
