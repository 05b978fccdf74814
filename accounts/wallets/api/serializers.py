"""How wallets look in the API."""

from __future__ import annotations

from rest_framework import serializers

from wallet_project.lib.api import CleanText, StrictSerializer


class WalletSerializer(serializers.Serializer):
    """One wallet. ``available_minor`` leaves out what is held and what is maturing."""

    id = serializers.CharField()
    currency = serializers.CharField()
    available_minor = serializers.IntegerField()
    held_minor = serializers.IntegerField()
    maturing_minor = serializers.IntegerField()
    pending_minor = serializers.IntegerField()
    owed_minor = serializers.IntegerField()


class WalletListSerializer(serializers.Serializer):
    """Every wallet of the person; the list has no further pages."""

    results = WalletSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class NewWalletSerializer(StrictSerializer):
    """Which currency to add."""

    currency = CleanText(max_length=12)
