"""The shape of top-ups in the API."""

from __future__ import annotations

from rest_framework import serializers

from payments.funding.policy import METHODS
from payments.funding.states import TopUpStatus
from wallet_project.lib.api import CleanText, MinorAmount, StrictSerializer


class TopUpRequest(StrictSerializer):
    """What a client sends."""

    amount_minor = MinorAmount()
    currency = CleanText(min_length=3, max_length=3)
    method = serializers.ChoiceField(choices=METHODS)


class Redirect(serializers.Serializer):
    """Where the person goes next: the provider's own page."""

    type = serializers.ChoiceField(choices=["redirect"])
    url = serializers.URLField()


class TopUpResource(serializers.Serializer):
    """A top-up as it is now."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=[status.value for status in TopUpStatus])
    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()
    fee_minor = serializers.IntegerField()
    method = serializers.CharField()
    reason = serializers.CharField(allow_null=True)
    maturing_minor = serializers.IntegerField()
    matures_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    next_action = Redirect(allow_null=True)
