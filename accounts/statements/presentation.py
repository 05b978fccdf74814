"""A statement in words and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.statements import services
from accounts.statements.forms import days_of
from accounts.statements.models import Statement, Status
from accounts.statements.pdf_file import period
from accounts.wallets.policy import PREFIX as WALLET_PREFIX
from ledger.money import Money
from wallet_project.lib import ids

if TYPE_CHECKING:
    from datetime import date

    from django.utils.functional import Promise

CONTENT_TYPES = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}
TONES = {
    Status.REQUESTED: "wait",
    Status.WORKING: "wait",
    Status.READY: "ok",
    Status.FAILED: "bad",
    Status.EXPIRED: "quiet",
}
_FAILURES: dict[str, str | Promise] = {
    "too_long": _("There were more entries than a PDF can hold. Choose CSV, or fewer days."),
}
_FAILED = _("Something went wrong on our side. Please ask for it again.")


def shown(statement: Statement) -> dict[str, Any]:
    """What a template shows of one statement, in the active language."""
    figures = {}
    if statement.is_issued:
        figures = {
            name: Money(getattr(statement, f"{name}_minor"), statement.currency)
            for name in ("opening", "closing", "in", "out", "fees")
        }
    return {
        "row": statement,
        "period": period(statement.first_day, statement.last_day),
        "name": named(statement.first_day, statement.last_day),
        "label": Status(statement.status).label,
        "tone": TONES[Status(statement.status)],
        "figures": figures,
        "failure": _FAILURES.get(statement.failure, _FAILED) if statement.status == Status.FAILED else "",
    }


def named(first_day: date, last_day: date) -> str:
    """A whole month or year by its name, other days as they are."""
    month = days_of(f"{first_day:%Y-%m}")
    if (first_day, last_day) == month:
        return date_format(first_day, "YEAR_MONTH_FORMAT")
    if (first_day, last_day) == days_of(f"{first_day:%Y}"):
        return date_format(first_day, "Y")
    return period(first_day, last_day)


def file_name(statement: Statement) -> str:
    """``statement-EUR-2026-11-01-2026-11-30.pdf``: no name of a person in it."""
    return f"statement-{statement.currency}-{statement.first_day}-{statement.last_day}.{statement.format}"


def resource(statement: Statement, *, url: str | None = None) -> dict[str, Any]:
    """One statement as the API shows it; figures are null until it is issued."""
    return {
        "id": statement.public_id,
        "status": statement.status,
        "wallet": ids.public(WALLET_PREFIX, statement.wallet_id),
        "currency": statement.currency,
        "from": statement.first_day.isoformat(),
        "to": statement.last_day.isoformat(),
        "time_zone": statement.time_zone,
        "format": statement.format,
        "language": statement.language,
        "complete": statement.is_complete,
        "opening_minor": statement.opening_minor,
        "in_minor": statement.in_minor,
        "out_minor": statement.out_minor,
        "fees_minor": statement.fees_minor,
        "closing_minor": statement.closing_minor,
        "entries": statement.entries,
        "entries_done": statement.rows_done,
        "entries_total": statement.rows_total,
        "sha256": statement.sha256 or None,
        "size_bytes": statement.size_bytes,
        "url": url,
        "requested_at": statement.requested_at,
        "made_at": statement.made_at,
        "file_expires_at": statement.file_expires_at,
    }


def file_answer(found: Statement) -> HttpResponse:
    """The file as an attachment that nobody keeps. Raises what ``services.content_of`` raises."""
    answer = HttpResponse(services.content_of(statement=found), content_type=CONTENT_TYPES[found.format])
    answer["Content-Disposition"] = f'attachment; filename="{file_name(found)}"'
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
