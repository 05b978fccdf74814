"""A copy of everything held about a person: one ZIP with a page to read and a file for machines (GDPR art. 15, 20)."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.privacy.registry import holdings
from ledger.formatting import format_money
from ledger.money import Money

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from accounts.identity.models import User
    from accounts.privacy.registry import Holding, Section

FORMAT = 1
"""Of ``data.json``; it rises when a name or a meaning in it changes, not when something is added."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A section as the page shows it."""

    title: str
    columns: list[str]
    rows: list[list[str]]


def make(user: User, *, at: datetime, progress: Callable[[int, int], object] = lambda _done, _total: None) -> bytes:
    """The archive, in the active language and the active time zone; ``progress`` is told parts done and to do."""
    offered = sorted(holdings.items())
    tables, data = [], {}
    for section in _told(offered, user, at, progress):
        rows = [list(row) for row in section.rows]
        tables.append(_table(section, rows))
        data[section.name] = [dict(zip(section.columns, map(_for_machines, row), strict=True)) for row in rows]
    body = {"format": FORMAT, "made_at": _for_machines(at), "person": user.public_id, "sections": data}
    page = render_to_string("accounts/privacy/archive.html", {"tables": tables, "made_at": at})
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.html", page)
        archive.writestr("data.json", json.dumps(body, ensure_ascii=False, indent=2))
    return stream.getvalue()


def _told(
    offered: Sequence[tuple[str, Holding]], user: User, at: datetime, progress: Callable[[int, int], object]
) -> Iterator[Section]:
    for done, (_name, holding) in enumerate(offered):
        progress(done, len(offered))
        yield from holding(user=user, at=at)


def _table(section: Section, rows: list[list[Any]]) -> _Table:
    return _Table(
        title=str(section.title),
        columns=[str(words) for words in section.columns.values()],
        rows=[[_for_people(value) for value in row] for row in rows],
    )


def _for_machines(value: Any) -> Any:
    if isinstance(value, Money):
        return {"amount_minor": value.amount_minor, "currency": value.currency}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _for_people(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Money):
        return format_money(value, get_language() or "en")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    return date_format(value, "DATE_FORMAT") if isinstance(value, date) else str(value)
