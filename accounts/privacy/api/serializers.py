"""How consents and switches look in the API."""

from __future__ import annotations

from rest_framework import serializers

from accounts.privacy.documents import TITLES
from wallet_project.lib.api import CleanText, StrictSerializer


class DocumentShape(serializers.Serializer):
    """The version in force of a document, where its words are, and when the person accepted it."""

    document = serializers.ChoiceField(choices=list(TITLES))
    version = serializers.CharField()
    effective_on = serializers.DateField()
    url = serializers.URLField()
    accepted_at = serializers.DateTimeField(allow_null=True)


class SwitchesShape(StrictSerializer):
    """Every switch; absent ones stay as they are."""

    analytics = serializers.BooleanField(required=False)
    recommendations = serializers.BooleanField(required=False)
    discoverable_by_handle = serializers.BooleanField(required=False)
    discoverable_by_email = serializers.BooleanField(required=False)
    discoverable_by_phone = serializers.BooleanField(required=False)


class ConsentsShape(serializers.Serializer):
    """What is in force, and what the person allows."""

    documents = DocumentShape(many=True)
    switches = SwitchesShape()


class AcceptedShape(StrictSerializer):
    """The versions the person accepts, as they were shown."""

    terms = CleanText(required=False, max_length=16)
    privacy = CleanText(required=False, max_length=16)


class ConsentsChange(StrictSerializer):
    """Accept versions, turn switches, or both; what is absent stays."""

    accept = AcceptedShape(required=False)
    switches = SwitchesShape(required=False)
