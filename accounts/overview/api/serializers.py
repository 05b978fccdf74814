"""How a person's own overview looks in the API."""

from __future__ import annotations

from rest_framework import serializers

from accounts.identity.api.serializers import ProfileSerializer
from accounts.limits.api.serializers import LimitSerializer


class NeedSerializer(serializers.Serializer):
    """One thing the person should do."""

    code = serializers.ChoiceField(choices=["confirm_payment", "set_pin", "choose_handle", "say_name"])
    sentence = serializers.CharField()
    challenge = serializers.CharField(allow_null=True)


class MeSerializer(serializers.Serializer):
    """Profile, tier, limits and what needs doing."""

    id = serializers.CharField()
    profile = ProfileSerializer()
    tier = serializers.IntegerField()
    state = serializers.ChoiceField(choices=["ACTIVE", "FROZEN", "CLOSED"])
    pin_set = serializers.BooleanField()
    limits = LimitSerializer(many=True)
    needs = NeedSerializer(many=True)


class DeviceSerializer(serializers.Serializer):
    """One place where the person is signed in."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(choices=["web", "app", "staff"])
    name = serializers.CharField()
    current = serializers.BooleanField()
    signed_in_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()


class ReadingSerializer(serializers.Serializer):
    """One time that a member of staff read the person's data, in words."""

    at = serializers.DateTimeField()
    who = serializers.CharField()
    what = serializers.CharField()
    why = serializers.CharField()


class ReadingPageSerializer(serializers.Serializer):
    """A page of them."""

    results = ReadingSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class DeviceListSerializer(serializers.Serializer):
    """Every place; the list has no further pages."""

    results = DeviceSerializer(many=True)
    next = serializers.URLField(allow_null=True)
