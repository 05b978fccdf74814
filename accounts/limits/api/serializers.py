"""How limits look in the API."""

from __future__ import annotations

from rest_framework import serializers

from accounts.limits.policy import PRODUCTS


class LimitSerializer(serializers.Serializer):
    """One limit as it stands today."""

    product = serializers.ChoiceField(choices=list(PRODUCTS))
    currency = serializers.CharField()
    per_payment_minor = serializers.IntegerField()
    per_day_minor = serializers.IntegerField()
    used_today_minor = serializers.IntegerField()
    remaining_minor = serializers.IntegerField()
    resets_at = serializers.DateTimeField()


class LimitListSerializer(serializers.Serializer):
    """Every limit; the list has no further pages."""

    results = LimitSerializer(many=True)
    next = serializers.URLField(allow_null=True)
