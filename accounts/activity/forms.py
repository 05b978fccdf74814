"""The filters of the activity page, as they stand in its address."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.activity.policy import TYPE_NAMES
from accounts.activity.selectors import Filters
from ledger.formatting import AmountNotUnderstood, parse_amount
from wallet_project.lib.describing import describe

if TYPE_CHECKING:
    from datetime import date

    from django.http import QueryDict

QUERY_LENGTH_MAX = 100
YEARS = range(2000, 2101)


class DayInput(forms.DateInput):
    """The phone's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class SumInput(forms.TextInput):
    """An amount of text size: the large one is for the sum that is sent."""

    def __init__(self) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off"})


class FilterForm(forms.Form):
    """Search, kind, amounts in the person's currency, and days of their calendar."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=QUERY_LENGTH_MAX,
        help_text=_("A name, a word of the note, or a reference."),
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    type = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All")), *TYPE_NAMES.items()])
    min = forms.CharField(label=_("Amount from"), required=False, max_length=32, widget=SumInput)
    max = forms.CharField(label=_("Amount to"), required=False, max_length=32, widget=SumInput)
    since = forms.DateField(label=_("Date from"), required=False, widget=DayInput)
    until = forms.DateField(label=_("Date to"), required=False, widget=DayInput)

    def __init__(self, data: QueryDict, *, currency: str, time_zone: str) -> None:
        super().__init__(data)
        self.currency = currency
        self.zone = ZoneInfo(time_zone)

    def clean_min(self) -> int | None:
        """The amount in minor units, or None."""
        return self._amount("min")

    def clean_max(self) -> int | None:
        """The amount in minor units, or None."""
        return self._amount("max")

    def clean_since(self) -> date | None:
        """The first day, or None."""
        return self._day("since")

    def clean_until(self) -> date | None:
        """The last day, or None."""
        return self._day("until")

    def clean(self) -> dict[str, Any]:
        """An end before its beginning finds nothing and is said so."""
        data = super().clean() or {}
        lowest, highest = data.get("min"), data.get("max")
        if lowest is not None and highest is not None and lowest > highest:
            self.add_error("max", _("The upper amount is less than the lower one."))
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last day is before the first one."))
        return data

    def filters(self) -> Filters:
        """The filters of a valid form."""
        data = self.cleaned_data
        return Filters(
            q=data["q"],
            type=data["type"],
            min_minor=data["min"],
            max_minor=data["max"],
            since=self._midnight(data["since"]),
            before=self._midnight(data["until"] and data["until"] + timedelta(days=1)),
        )

    def _amount(self, name: str) -> int | None:
        text = self.cleaned_data[name]
        if not text:
            return None
        try:
            return parse_amount(text, self.currency).amount_minor
        except AmountNotUnderstood as error:
            raise forms.ValidationError(describe(error).detail) from error

    def _day(self, name: str) -> date | None:
        day: date | None = self.cleaned_data[name]
        if day is not None and day.year not in YEARS:
            raise forms.ValidationError(_("Enter a date between 2000 and 2100."))
        return day

    def _midnight(self, day: date | None) -> datetime | None:
        return datetime.combine(day, time.min, tzinfo=self.zone) if day else None
