"""Proposals about top-ups in an officer's words: what would happen, and what the provider said last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.approvals.registry import Line
from ledger.formatting import format_money
from ledger.money import Money
from payments.funding.records import get
from payments.funding.states import TopUpStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.utils.functional import Promise


STATUS_WORDS: dict[str, str | Promise] = {
    TopUpStatus.DRAFT: _("Draft"),
    TopUpStatus.AWAITING_METHOD: _("Page not opened"),
    TopUpStatus.AWAITING_ACTION: _("Waits for the customer"),
    TopUpStatus.PROCESSING: _("At the provider"),
    TopUpStatus.UNDER_REVIEW: _("Under review"),
    TopUpStatus.MISMATCH: _("Does not match"),
    TopUpStatus.CREDITED: _("Credited"),
    TopUpStatus.FAILED: _("Failed"),
    TopUpStatus.CANCELLED: _("Cancelled"),
    TopUpStatus.EXPIRED: _("Expired"),
}
"""The states of a top-up as the desk says them."""


def lines(payload: Mapping[str, Any]) -> list[Line]:
    """A proposal in words, for the desk."""
    currency = payload["received_currency"]
    return [
        Line("status", _("Status"), str(STATUS_WORDS[payload["status"]])),
        Line("top_up", _("Top-up"), payload["top_up"]),
        Line("payment", _("Payment at the provider"), payload["payment"] or "—"),
        Line("amount_minor", _("Asked for"), _money(payload["amount_minor"], payload["currency"])),
        Line("received_minor", _("Received"), _money(payload["received_minor"], currency)),
        Line("given_back_minor", _("Given back"), _money(payload["given_back_minor"], currency)),
    ]


def evidence(subject_id: UUID) -> list[Line]:
    """What the provider said last, and when."""
    top_up = get(subject_id)
    if top_up.read_at is None:
        return [Line("read", _("The provider was read"), "—")]
    currency = top_up.received_currency
    return [
        Line("read", _("The provider was read"), date_format(localtime(top_up.read_at), "SHORT_DATETIME_FORMAT")),
        Line("received", _("Received"), _money(top_up.received_minor or 0, currency)),
        Line("given_back", _("Given back"), _money(top_up.given_back_minor, currency)),
    ]


def desk_page(subject_id: UUID) -> str:
    """Where officers see the top-up."""
    return reverse("admin:payments_topup_change", args=[subject_id])


def _money(minor: int, currency: str) -> str:
    return format_money(Money(minor, currency), get_language() or "en")
