"""Shapes of the step-up and PIN endpoints."""

from __future__ import annotations

from rest_framework import serializers

from wallet_project.lib.api import CleanText, StrictSerializer

METHODS = ("pin", "sms", "email", "password")


class PinBody(StrictSerializer):
    """The PIN wanted; ``old_pin`` when changing in one go."""

    pin = CleanText(max_length=32, trim_whitespace=False)
    old_pin = CleanText(max_length=32, trim_whitespace=False, required=False)


class ResetBody(StrictSerializer):
    """The PIN wanted after a reset."""

    pin = CleanText(max_length=32, trim_whitespace=False)


class SendBody(StrictSerializer):
    """How the code should come."""

    method = serializers.ChoiceField(choices=("sms", "email"))


class AnswerBody(StrictSerializer):
    """The answer to a challenge."""

    method = serializers.ChoiceField(choices=METHODS)
    code = CleanText(max_length=200, trim_whitespace=False)


class Empty(StrictSerializer):
    """A body without fields."""


# --- what comes back


class NextAction(serializers.Serializer):
    """What the person must do before it goes on."""

    type = serializers.CharField(default="step_up")
    challenge = serializers.CharField()
    methods = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()


class PinState(serializers.Serializer):
    """Where a person's payment PIN stands."""

    pin_set = serializers.BooleanField()
    tries_left = serializers.IntegerField()
    locked_until = serializers.DateTimeField(allow_null=True)
    reset_required = serializers.BooleanField()


class PinSet(serializers.Serializer):
    """Whether the PIN is set now."""

    pin_set = serializers.BooleanField()


class PinAwaited(PinSet):
    """The PIN will be set once the step-up is answered."""

    next_action = NextAction()


class Awaited(serializers.Serializer):
    """A new challenge."""

    next_action = NextAction()


class Sent(serializers.Serializer):
    """Seconds until another code may be asked for."""

    resend_after = serializers.IntegerField()


class Line(serializers.Serializer):
    """One fact about what is confirmed."""

    label = serializers.CharField()  # type: ignore[assignment]  # a field named like an option of fields
    value = serializers.CharField()


class ChallengeShown(serializers.Serializer):
    """What is confirmed, how, and until when."""

    id = serializers.CharField()
    purpose = serializers.CharField()
    status = serializers.CharField()
    title = serializers.CharField()
    payee = serializers.CharField(allow_blank=True)
    amount_minor = serializers.IntegerField(allow_null=True)
    currency = serializers.CharField(allow_null=True)
    lines = Line(many=True)
    methods = serializers.ListField(child=serializers.CharField())
    contacts = serializers.DictField(child=serializers.CharField())
    expires_at = serializers.DateTimeField()
