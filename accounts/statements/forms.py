"""Shape of the pages' input: which wallet, which days, how it is written; and a number and a hash to check."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.activity.forms import YEARS, DayInput
from accounts.statements.models import Format

if TYPE_CHECKING:
    from collections.abc import Sequence

OTHER_DAYS = "custom"
MONTHS_OFFERED = 24
_PERIOD = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")
_HASH = re.compile(r"[0-9a-f]{64}")


class StatementForm(forms.Form):
    """A month, a year, or days of one's own."""

    wallet = forms.ChoiceField(label=_("Wallet"), error_messages={"required": _("Choose a wallet.")})
    period = forms.ChoiceField(label=_("Time"), error_messages={"required": _("Choose a month, a year, or days.")})
    since = forms.DateField(label=_("First day"), required=False, widget=DayInput)
    until = forms.DateField(label=_("Last day"), required=False, widget=DayInput)
    format = forms.ChoiceField(
        label=_("Format"),
        choices=Format.choices,
        initial=Format.PDF,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose PDF or CSV.")},
    )
    with_bom = forms.BooleanField(
        label=_("For older versions of Excel"),
        help_text=_("Marks a CSV file as UTF-8, so that names are read right."),
        required=False,
    )
    idempotency_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, wallets: Sequence[tuple[str, str]], today: date, since: date, **more: Any) -> None:
        super().__init__(*args, **more)
        self._choose("wallet", list(wallets))
        self._choose("period", periods(today, since))

    def clean(self) -> dict[str, Any]:
        """``first_day`` and ``last_day``, whichever way they were chosen."""
        data = super().clean() or {}
        chosen = data.get("period")
        if chosen == OTHER_DAYS:
            data["first_day"], data["last_day"] = self._own_days(data)
        elif chosen:
            data["first_day"], data["last_day"] = days_of(chosen)
        return data

    def _own_days(self, data: dict[str, Any]) -> tuple[date | None, date | None]:
        for name, missing in (("since", _("Enter the first day.")), ("until", _("Enter the last day."))):
            day = data.get(name)
            if name not in self.errors and day is None:
                self.add_error(name, missing)
            elif day is not None and day.year not in YEARS:
                self.add_error(name, _("Enter a date between 2000 and 2100."))
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last day is before the first one."))
        return since, until

    def _choose(self, name: str, choices: list[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # narrows the type; it was declared above
        field.choices = choices


class VerifyForm(forms.Form):
    """What a reader of a statement has: its number, and the SHA-256 of the file."""

    number = forms.CharField(
        label=_("Statement number"),
        help_text=_("It begins with stm_ and stands at the foot of every page."),
        max_length=60,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Enter the number of the statement.")},
    )
    sha256 = forms.CharField(
        label=_("SHA-256 of the file"),
        help_text=_("64 digits and letters. The person it belongs to sees it beside the file."),
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Enter the SHA-256 of the file.")},
    )

    def clean_sha256(self) -> str:
        """In lower case and without spaces."""
        text = "".join(self.cleaned_data["sha256"].split()).lower()
        if not _HASH.fullmatch(text):
            raise forms.ValidationError(_("A SHA-256 has 64 digits and letters from a to f."))
        return text


def periods(today: date, since: date) -> list[tuple[Any, Any]]:
    """What can be chosen: this month and those before it, this year and those before it, or other days."""
    months: list[tuple[str, Any]] = [("", _("Choose"))]
    first = today.replace(day=1)
    while first >= since.replace(day=1) and len(months) <= MONTHS_OFFERED:
        # Translators: Django date format of a month, such as "March 2026".
        months.append((f"{first:%Y-%m}", date_format(first, "YEAR_MONTH_FORMAT")))
        first = (first - timedelta(days=1)).replace(day=1)
    years = [(str(year), date_format(date(year, 1, 1), "Y")) for year in range(today.year, since.year - 1, -1)]
    named: list[tuple[Any, Any]] = [(_("Whole years"), years), (OTHER_DAYS, _("Other days"))]
    return [*months, *named]


def days_of(period: str) -> tuple[date, date]:
    """The first and the last day of ``2026-11`` or ``2026``."""
    match = _PERIOD.fullmatch(period)
    if match is None:
        raise ValueError(period)
    year, month = int(match[1]), match[2]
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    first = date(year, int(month), 1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
