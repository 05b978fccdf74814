"""Shape of the transfers endpoints."""

from __future__ import annotations

from rest_framework import serializers

from accounts.stepup.api.serializers import NextAction
from transfers.p2p.models import Status
from wallet_project.lib.api import CleanText, MinorAmount, StrictSerializer


class TransferRequest(StrictSerializer):
    """Whom, how much, what for. Lengths of the note are a rule, not a shape: the service measures it cleaned."""

    payee = CleanText(max_length=40)
    amount_minor = MinorAmount()
    currency = CleanText(max_length=8)
    note = CleanText(required=False, allow_blank=True, default="")
    category = CleanText(required=False, allow_blank=True, default="", max_length=24)


class TransferShape(serializers.Serializer):
    """A transfer as one of its two people sees it."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=[str(status) for status in Status])
    direction = serializers.ChoiceField(choices=["OUT", "IN"])
    payee = serializers.CharField(allow_null=True)
    shown_name = serializers.CharField()
    amount_minor = serializers.IntegerField()
    fee_minor = serializers.IntegerField(allow_null=True)
    currency = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    category = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    next_action = NextAction(allow_null=True)
