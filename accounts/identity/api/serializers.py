"""How a profile looks in the API."""

from __future__ import annotations

from django.conf import settings
from rest_framework import serializers

from accounts.identity.models import User
from wallet_project.lib.api import CleanText, StrictSerializer


class ProfileSerializer(serializers.Serializer):
    """A person as they see themselves."""

    id = serializers.CharField(source="public_id")
    handle = serializers.CharField(allow_null=True)
    shown_name = serializers.CharField()
    email = serializers.SerializerMethodField()
    phone = serializers.SerializerMethodField()
    language = serializers.CharField()
    time_zone = serializers.CharField()
    country = serializers.CharField()
    theme = serializers.CharField()
    discoverable_by_handle = serializers.BooleanField()
    discoverable_by_email = serializers.BooleanField()
    discoverable_by_phone = serializers.BooleanField()

    def get_email(self, person: User) -> str | None:
        """The verified address."""
        return person.email or None

    def get_phone(self, person: User) -> str | None:
        """The verified number."""
        return person.phone if person.phone_verified_at else None


class ProfileChangeSerializer(StrictSerializer):
    """What a person may change about it; absent fields stay."""

    handle = CleanText(required=False, max_length=40)
    shown_name = CleanText(required=False, max_length=200)
    language = serializers.ChoiceField(choices=[code for code, _name in settings.LANGUAGES], required=False)
    time_zone = CleanText(required=False, max_length=64)
    country = CleanText(required=False, max_length=2)
    theme = serializers.ChoiceField(choices=User.Theme.choices, required=False)
    discoverable_by_handle = serializers.BooleanField(required=False)
    discoverable_by_email = serializers.BooleanField(required=False)
    discoverable_by_phone = serializers.BooleanField(required=False)
