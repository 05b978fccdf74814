"""Proposals about payments in an officer's words: what would happen, and what is known now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.approvals.registry import Line
from ledger.formatting import format_money
from ledger.money import Money
from payments.banking.receipt import LABELS
from payments.payouts.services.correcting import item_of
from payments.payouts.wording import ANSWER_WORDS
from payments.reconciliation.services.evidence import Obstacle, evidence_about
from payments.reconciliation.wording import TITLES
from wallet_project.lib import clock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from django.utils.functional import Promise

    from payments.reconciliation.models import ReconciliationBreak

OBSTACLES: dict[str, str | Promise] = {
    Obstacle.UNREAD: _("A message of the bank has not been read to its end. Attend to it first."),
    Obstacle.MENTIONED: _("A finding in reconciliation speaks of this payment. Look at it first."),
    Obstacle.UNCLEAR: _("A movement that nobody has explained may be this payment. Resolve that finding first."),
    Obstacle.GAP: _("The bank’s statements since it was sent have a gap or do not add up. Ask the bank for them."),
    Obstacle.BEHIND: _("The bank’s statements do not reach the last bank day. Wait for them."),
    Obstacle.NOT_ASKED: _("The bank has not said in the last minutes that it does not have the payment."),
}

_AMOUNTS: dict[str, str | Promise] = {
    "amount_minor": _("Amount"),
    "fee_minor": _("Fee"),
    "booked_minor": _("Booked by the bank"),
    "rest_minor": _("Back to the customer’s wallet"),
    "loss_minor": _("Our loss"),
}


def lines(payload: Mapping[str, Any]) -> list[Line]:
    """A proposal, or what was before, line by line."""
    shown = [
        Line("status", _("Status"), str(LABELS[payload["status"]][1])),
        Line("withdrawal", _("Withdrawal"), payload["withdrawal"]),
        Line("file", _("Payment file"), payload["file"]),
    ]
    shown += [
        Line(key, label, _money(payload[key], payload["currency"])) for key, label in _AMOUNTS.items() if key in payload
    ]
    if "findings" in payload:
        count = len(payload["findings"])
        words = ngettext("%(count)d movement", "%(count)d movements", count) % {"count": count}
        shown.append(Line("findings", _("On the bank’s statements"), words))
    return shown


def evidence_of_not_paid(subject_id: UUID) -> list[Line]:
    """What shows that the bank never paid it, or what is missing."""
    item = item_of(subject_id)
    found = evidence_about(item, at=clock.now())
    known = Line("statements", _("Statements without it"), _days(found.since, found.until))
    asked = Line("answer", _("When asked, the bank said"), _answer(item))
    missing = str(OBSTACLES[found.obstacle]) if found.obstacle is not None else gettext("Nothing")
    return [known, asked, Line("missing", _("What is missing"), missing)]


def movement_lines(findings: tuple[ReconciliationBreak, ...]) -> list[Line]:
    """What the bank booked under the payment's reference."""
    told = []
    for row in findings:
        amount = _money(row.details["amount_minor"], row.details["currency"])
        direction = gettext("Money in") if row.details["direction"] == "credit" else gettext("Money out")
        told.append(Line(row.key, TITLES[row.kind], f"{direction} · {amount}"))
    return told


def desk_page(subject_id: UUID) -> str:
    """Where officers see the withdrawal."""
    return reverse("admin:payments_withdrawal_change", args=[subject_id])


def _answer(item: Any) -> str:
    if item.asked_at is None:
        return gettext("Not asked yet")
    when = date_format(localtime(item.asked_at), "SHORT_DATETIME_FORMAT")
    return f"{ANSWER_WORDS[item.answer]} · {when}"


def _days(since: date, until: date | None) -> str:
    if until is None:
        return gettext("None yet")
    return f"{date_format(since, 'SHORT_DATE_FORMAT')} – {date_format(until, 'SHORT_DATE_FORMAT')}"


def _money(minor: int, currency: str) -> str:
    return format_money(Money(minor, currency), get_language() or "en")
