"""Shape of the payees endpoints."""

from __future__ import annotations

from rest_framework import serializers

from accounts.stepup.api.serializers import NextAction
from wallet_project.lib.api import CleanText, StrictSerializer


class ResolveRequest(StrictSerializer):
    """What somebody is known by: a handle, an e-mail address or a phone number."""

    identifier = CleanText(max_length=254)


class TrustRequest(StrictSerializer):
    """A payee to pay without a confirmation from now on."""

    payee = CleanText(max_length=40)


class ResolvedShape(serializers.Serializer):
    """The answer to a look-up: the same for somebody we know and somebody we do not."""

    payee = serializers.CharField()
    shown_name = serializers.CharField()
    first_time = serializers.BooleanField()


class PayeeShape(serializers.Serializer):
    """One of the person's payees."""

    id = serializers.CharField()
    shown_name = serializers.CharField()
    kind = serializers.ChoiceField(choices=["handle", "email", "phone"])
    first_time = serializers.BooleanField()
    times_paid = serializers.IntegerField()
    last_paid_at = serializers.DateTimeField(allow_null=True)
    trusted = serializers.BooleanField()


class PayeeListShape(serializers.Serializer):
    """A page of payees."""

    results = PayeeShape(many=True)
    next = serializers.CharField(allow_null=True)


class TrustShape(PayeeShape):
    """A payee, and the confirmation that is awaited before it is trusted."""

    next_action = NextAction(allow_null=True)
