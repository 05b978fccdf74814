"""Shape of the statements endpoints."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from rest_framework import serializers

from accounts.activity.forms import YEARS
from accounts.statements.models import Format, Status
from wallet_project.lib.api import CleanText, StrictSerializer

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Day(serializers.DateField):
    """A day as ``2026-11-30``, between the years 2000 and 2100."""

    def to_internal_value(self, value: Any) -> date:
        if not isinstance(value, str) or not _ISO_DAY.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        day = super().to_internal_value(value)
        if day.year not in YEARS:
            self.fail("invalid", format="YYYY-MM-DD")
        return day


class Yes(serializers.BooleanField):
    """A JSON true or false, and nothing that looks like one."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StatementRequest(StrictSerializer):
    """Which wallet, which days of the person's own calendar (both included), how it is written."""

    wallet = CleanText(max_length=40)
    to = Day()
    format = serializers.ChoiceField(choices=[str(value) for value in Format])
    bom = Yes(required=False, default=False, help_text="Begins a CSV file with a byte order mark.")

    def get_fields(self) -> dict[str, Any]:
        """With ``from``, which is no name a Python class can give a field."""
        return {"from": Day(), **super().get_fields()}


class StatementShape(serializers.Serializer):
    """One statement. Figures are null until it is issued; ``url`` is null in lists and where there is no file."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=[str(value) for value in Status])
    wallet = serializers.CharField()
    currency = serializers.CharField()
    to = serializers.DateField()
    time_zone = serializers.CharField()
    format = serializers.ChoiceField(choices=[str(value) for value in Format])
    language = serializers.CharField()
    complete = serializers.BooleanField(allow_null=True)
    opening_minor = serializers.IntegerField(allow_null=True)
    in_minor = serializers.IntegerField(allow_null=True)
    out_minor = serializers.IntegerField(allow_null=True)
    fees_minor = serializers.IntegerField(allow_null=True)
    closing_minor = serializers.IntegerField(allow_null=True)
    entries = serializers.IntegerField(allow_null=True)
    entries_done = serializers.IntegerField()
    entries_total = serializers.IntegerField()
    sha256 = serializers.CharField(allow_null=True)
    size_bytes = serializers.IntegerField(allow_null=True)
    url = serializers.URLField(allow_null=True)
    requested_at = serializers.DateTimeField()
    made_at = serializers.DateTimeField(allow_null=True)
    file_expires_at = serializers.DateTimeField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """With ``from``."""
        return {"from": serializers.DateField(), **super().get_fields()}


class StatementListShape(serializers.Serializer):
    """A page of statements, newest first."""

    results = StatementShape(many=True)
    next = serializers.URLField(allow_null=True)
