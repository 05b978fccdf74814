"""The statement as CSV: UTF-8, ISO dates, exact amounts twice (decimal and minor units), safe for spreadsheets.

Every line begins with its kind (``row``): opening, entry …, closing, then waiting and reserved, whose amounts stand
in columns of their own so that no sum can take them in. Columns keep their English names in every language.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from accounts.statements.document import Tally
from ledger import currencies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.statements.document import Document, Head, Line, Totals, Waiting

BOM = "\ufeff"
COLUMNS = (
    "row",
    "booked_on",
    "booked_at",
    "effective_at",
    "time_zone",
    "what",
    "counterparty",
    "note",
    "reference",
    "currency",
    "money_in",
    "money_out",
    "fee",
    "balance",
    "money_in_minor",
    "money_out_minor",
    "fee_minor",
    "balance_minor",
    "waiting_in_minor",
    "waiting_out_minor",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Also in full width, which some spreadsheets read alike."""
_PIECE = 64 * 1024


class CsvFile:
    """Writes a document in pieces; ``totals`` are known once all pieces were taken."""

    content_type = "text/csv; charset=utf-8"

    def __init__(self, document: Document, *, with_bom: bool) -> None:
        self._document = document
        self._with_bom = with_bom
        self._tally = Tally(document)

    @property
    def totals(self) -> Totals:
        """What was written comes to."""
        return self._tally.totals

    def __iter__(self) -> Iterator[bytes]:
        text = io.StringIO(newline="")
        text.write(BOM if self._with_bom else "")
        writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\r\n")
        writer.writeheader()
        for row in self._rows():
            writer.writerow({name: guarded(value) for name, value in row.items()})
            if text.tell() > _PIECE:
                yield text.getvalue().encode()
                text.seek(0)
                text.truncate()
        yield text.getvalue().encode()

    def _rows(self) -> Iterator[dict[str, str]]:
        head = self._document.head
        yield _edge("opening", head, head.opening_minor)
        for line in self._tally:
            yield _entry(line, head)
        yield _edge("closing", head, head.closing_minor)
        for waiting in self._document.waiting:
            yield _waiting(waiting, head)
        for sentence in self._document.reserved:
            yield {"row": "reserved", "currency": head.currency, "note": sentence}


def guarded(text: str) -> str:
    """The text of a cell, with an apostrophe in front where a spreadsheet would take it for a formula.

    Source: OWASP, CSV injection.
    """
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def decimal(minor: int, currency: str) -> str:
    """``1250`` as ``12.50``: point, no grouping, as many decimals as the currency has."""
    exponent = currencies.exponent(currency)
    digits = str(abs(minor)).zfill(exponent + 1)
    sign = "-" if minor < 0 else ""
    return f"{sign}{digits[:-exponent]}.{digits[-exponent:]}" if exponent else f"{sign}{digits}"


def _edge(row: str, head: Head, balance_minor: int) -> dict[str, str]:
    day = head.first_day if row == "opening" else head.last_day
    return {
        "row": row,
        "booked_on": day.isoformat(),
        "time_zone": head.time_zone,
        "reference": head.statement_id,
        "currency": head.currency,
        "balance": decimal(balance_minor, head.currency),
        "balance_minor": str(balance_minor),
    }


def _entry(line: Line, head: Head) -> dict[str, str]:
    amounts = {"money_in": line.in_minor, "money_out": line.out_minor, "fee": abs(line.fee_minor)}
    known = {name: minor for name, minor in amounts.items() if minor}
    return {
        "row": "entry",
        "booked_on": line.booked_at.date().isoformat(),
        "booked_at": line.booked_at.isoformat(timespec="seconds"),
        "effective_at": line.effective_at.isoformat(timespec="seconds"),
        "time_zone": head.time_zone,
        "what": line.what,
        "counterparty": line.counterparty,
        "note": line.note,
        "reference": line.reference,
        "currency": head.currency,
        **{name: decimal(minor, head.currency) for name, minor in known.items()},
        **{f"{name}_minor": str(minor) for name, minor in known.items()},
        "balance": decimal(line.balance_minor, head.currency),
        "balance_minor": str(line.balance_minor),
    }


def _waiting(waiting: Waiting, head: Head) -> dict[str, str]:
    column = "waiting_in_minor" if waiting.amount_minor > 0 else "waiting_out_minor"
    asked_at = waiting.asked_at.astimezone(ZoneInfo(head.time_zone))
    return {
        "row": "waiting",
        "booked_on": "",
        "effective_at": asked_at.isoformat(timespec="seconds"),
        "time_zone": head.time_zone,
        "what": f"{waiting.what} · {waiting.state}",
        "counterparty": waiting.counterparty,
        "reference": waiting.reference,
        "currency": head.currency,
        column: str(abs(waiting.amount_minor)),
    }
