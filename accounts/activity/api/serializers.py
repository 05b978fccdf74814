"""How the feed looks in the API, and what it can be filtered by."""

from __future__ import annotations

from datetime import datetime

from rest_framework import serializers

from accounts.activity.policy import KINDS, TYPES

YEARS = range(2000, 2101)


class ActivityItemSerializer(serializers.Serializer):
    """One operation as this person sees it. ``amount_minor`` is above zero for money in, below for money out."""

    id = serializers.CharField()
    type = serializers.ChoiceField(choices=sorted(KINDS))
    direction = serializers.ChoiceField(choices=["IN", "OUT"])
    status = serializers.CharField()
    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()
    shown_name = serializers.CharField()
    note = serializers.CharField()
    category = serializers.CharField()
    reference = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ActivityListSerializer(serializers.Serializer):
    """A page of the feed, newest first."""

    results = ActivityItemSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class MomentField(serializers.DateTimeField):
    """An RFC 3339 time with its offset, between the years 2000 and 2100."""

    def to_internal_value(self, value: datetime | str) -> datetime:
        moment = super().to_internal_value(value)
        if moment.year not in YEARS:
            self.fail("invalid", format="RFC 3339")
        return moment


class FiltersSerializer(serializers.Serializer):
    """The query of the list. ``from`` is included, ``to`` is not."""

    q = serializers.CharField(required=False, max_length=100, allow_blank=True, default="")
    type = serializers.ChoiceField(required=False, choices=sorted(TYPES), default="")
    min_minor = serializers.IntegerField(required=False, min_value=0, max_value=2**63 - 1, default=None)
    max_minor = serializers.IntegerField(required=False, min_value=0, max_value=2**63 - 1, default=None)
    since = MomentField(required=False, default=None)
    to = MomentField(required=False, default=None)
    wallet = serializers.CharField(required=False, max_length=40, default="")
    currency = serializers.CharField(required=False, max_length=12, default="")
