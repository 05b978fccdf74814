"""The statement as tagged PDF (PDF/UA-1), set by ``typesetter.py`` in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.statements.document import Tally
from ledger.formatting import format_money
from ledger.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from accounts.statements.document import Document, Head, Line, Totals, Waiting

SECONDS_MAX = 80
"""Below the workers' own limit (CELERY_TASK_SOFT_TIME_LIMIT); 5,000 entries take about 4."""
PROGRAM = Path(__file__).with_name("typesetter.py")
LANGUAGES = {"en": ("en", ""), "zh-hans": ("zh", "CN")}


class NotSet(RuntimeError):
    """The typesetter made no file."""


class PdfFile:
    """The same document on pages; ``totals`` are known once the file was taken. In the active language."""

    content_type = "application/pdf"

    def __init__(self, document: Document) -> None:
        self._document = document
        self._tally = Tally(document)

    @property
    def totals(self) -> Totals:
        """What was written comes to."""
        return self._tally.totals

    def __iter__(self) -> Iterator[bytes]:
        with timezone.override(ZoneInfo(self._document.head.time_zone)):
            data = self._data()
        yield typeset(data)

    def _data(self) -> dict[str, Any]:
        """Everything the template shows, as finished words."""
        document, head = self._document, self._document.head
        language, region = LANGUAGES.get(head.language, LANGUAGES["en"])
        lines = [_line(line, head) for line in self._tally]  # before the totals: they are known behind the last line
        return {
            "language": language,
            "region": region,
            "product": _("Wallet"),
            "title": _("Statement of account"),
            "period": period(head.first_day, head.last_day),
            "facts": _facts(head),
            "sums": _sums(head, self._tally.totals),
            "words": _words(),
            "opening": [_day(head.first_day), _("Opening balance"), _money(head.opening_minor, head)],
            "closing": [_day(head.last_day), _("Closing balance"), _money(head.closing_minor, head)],
            "lines": lines,
            "waiting": [_waiting(waiting, head) for waiting in document.waiting],
            "reserved": list(document.reserved),
            "as_of": _("As things stood when this statement was made, %(moment)s. Part of no sum above.")
            % {"moment": _moment(head.made_at)},
            "interim": "" if head.is_complete else _interim(head),
            "proof": _("To check that this file is as we issued it, go to %(address)s.")
            % {"address": settings.PUBLIC_URL + reverse("statement_verify")},
            "number": head.statement_id,
        }


def typeset(data: dict[str, Any]) -> bytes:
    """The PDF of this data. Raises NotSet."""
    try:
        done = subprocess.run(  # noqa: S603  # our own program, without a shell; the data goes in by its input
            [sys.executable, "-I", str(PROGRAM)],
            input=json.dumps(data, ensure_ascii=False).encode(),
            capture_output=True,
            timeout=SECONDS_MAX,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise NotSet("too slow") from error
    except subprocess.CalledProcessError as error:
        # The last line names the fault of our template; the lines above it could quote a person's words.
        raise NotSet(error.stderr.decode(errors="replace").strip().rpartition("\n")[2][:60]) from error
    return done.stdout


def period(first_day: date, last_day: date) -> str:
    """The days of a statement in words."""
    if first_day == last_day:
        return _day(first_day)
    return _("%(first)s to %(last)s") % {"first": _day(first_day), "last": _day(last_day)}


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def _moment(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def _money(minor: int, head: Head, *, sign: bool = False) -> str:
    return format_money(Money(minor, head.currency), head.language, sign=sign)


def _facts(head: Head) -> list[list[str]]:
    return [
        [_("Account holder"), head.holder],
        [_("Wallet"), f"{head.currency} · {head.wallet_id}"],
        [_("Days and times in"), head.time_zone],
        [_("Made"), _moment(head.made_at)],
        [_("Statement number"), head.statement_id],
    ]


def _sums(head: Head, totals: Totals) -> list[list[str]]:
    return [
        [_("Opening balance"), _money(head.opening_minor, head)],
        [_("Money in"), _money(totals.in_minor, head, sign=True)],
        [_("Money out"), _money(-totals.out_minor, head)],
        [_("Fees, included above"), _money(totals.fees_minor, head)],
        [_("Closing balance"), _money(head.closing_minor, head)],
    ]


def _words() -> dict[str, str]:
    return {
        "summary": _("Summary"),
        "entries": _("Entries"),
        "date": _("Date"),
        "details": _("Details"),
        "in": _("Money in"),
        "out": _("Money out"),
        "amount": _("Amount"),
        "balance": _("Balance"),
        "waiting": _("Not booked yet"),
        "none": _("Nothing was booked in this time."),
        "page": _("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
    }


def _line(line: Line, head: Head) -> list[str]:
    booked = timezone.localtime(line.booked_at)
    effective = timezone.localtime(line.effective_at)
    title = " · ".join(part for part in (line.counterparty, line.what) if part)
    more = [part for part in (line.note, line.reference) if part]
    if line.fee_minor:
        more.append(_("Fee, included: %(sum)s") % {"sum": _money(-line.fee_minor, head)})
    if effective.date() != booked.date():
        more.append(_("Effective %(day)s") % {"day": _day(effective.date())})
    return [
        _day(booked.date()),
        date_format(booked, "TIME_FORMAT"),
        title,
        " · ".join(more),
        _money(line.in_minor, head) if line.in_minor else "",
        _money(-line.out_minor, head) if line.out_minor else "",
        _money(line.balance_minor, head),
    ]


def _waiting(waiting: Waiting, head: Head) -> list[str]:
    title = " · ".join(part for part in (waiting.counterparty, waiting.what) if part)
    more = " · ".join(part for part in (waiting.state, waiting.reference) if part)
    return [_day(timezone.localtime(waiting.asked_at).date()), title, more, _money(waiting.amount_minor, head)]


def _interim(head: Head) -> str:
    return _("The last day was not over yet: entries up to %(moment)s. Later ones are in your next statement.") % {
        "moment": _moment(head.cut_off_at)
    }
