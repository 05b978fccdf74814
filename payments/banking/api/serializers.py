"""Shapes of bank accounts and withdrawals in the API."""

from __future__ import annotations

from rest_framework import serializers

from accounts.stepup.api.serializers import NextAction
from payments.banking.policy import HOLDER_LENGTH_MAX
from payments.banking.states import BankAccountStatus, WithdrawalStatus
from wallet_project.lib.api import CleanText, MinorAmount, StrictSerializer


class BankAccountRequest(StrictSerializer):
    """An account in one's own name. Without a BIC it is found from the IBAN."""

    iban = CleanText(max_length=64)
    holder_name = CleanText(max_length=HOLDER_LENGTH_MAX)
    bic = CleanText(max_length=20, required=False, allow_blank=True, default="")
    currency = CleanText(min_length=3, max_length=3, required=False, default="EUR")


class BankAccountShape(serializers.Serializer):
    """A bank account. The whole IBAN is never shown again."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=[status.value for status in BankAccountStatus])
    currency = serializers.CharField()
    shown_iban = serializers.CharField()
    country = serializers.CharField()
    bic = serializers.CharField(allow_null=True)
    bank_name = serializers.CharField(allow_null=True)
    holder_name = serializers.CharField()
    added_at = serializers.DateTimeField()
    cool_off_until = serializers.DateTimeField(allow_null=True)
    next_action = NextAction(allow_null=True)


class BankAccountList(serializers.Serializer):
    """All of them; a person has few."""

    results = BankAccountShape(many=True)
    next = serializers.URLField(allow_null=True)


class WithdrawalRequest(StrictSerializer):
    """How much, and to which bank account. The fee is on top."""

    amount_minor = MinorAmount()
    currency = CleanText(min_length=3, max_length=3)
    bank_account = CleanText(max_length=40)


class AnswerRequest(StrictSerializer):
    """The answer to our question."""

    text = CleanText(max_length=1000)


class TermsQuery(StrictSerializer):
    """For which amount. Query values are text, so the number is written in digits."""

    amount_minor = serializers.RegexField(r"^[1-9][0-9]{0,17}$")
    currency = CleanText(min_length=3, max_length=3)


class TermsShape(serializers.Serializer):
    """What a withdrawal would cost, when it would arrive, and whether a person would probably look at it."""

    amount_minor = serializers.IntegerField()
    fee_minor = serializers.IntegerField()
    total_minor = serializers.IntegerField()
    currency = serializers.CharField()
    arrives_on = serializers.DateField()
    likely_review = serializers.BooleanField()


class WithdrawalRow(serializers.Serializer):
    """A withdrawal in the list. ``total_minor`` is amount and fee: what is taken from the wallet."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=[status.value for status in WithdrawalStatus])
    amount_minor = serializers.IntegerField()
    fee_minor = serializers.IntegerField()
    total_minor = serializers.IntegerField()
    currency = serializers.CharField()
    bank_account = serializers.CharField()
    shown_target = serializers.CharField()
    reason = serializers.CharField(allow_null=True)
    can_cancel = serializers.BooleanField()
    is_final = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)


class WithdrawalList(serializers.Serializer):
    """A page of withdrawals, newest first."""

    results = WithdrawalRow(many=True)
    next = serializers.URLField(allow_null=True)


class Review(serializers.Serializer):
    """Why a person looks, and until when it is usually decided."""

    reason = serializers.CharField()
    expected_by = serializers.DateTimeField(allow_null=True)


class Question(serializers.Serializer):
    """What our team asks."""

    text = serializers.CharField()
    asked_at = serializers.DateTimeField()


class Explanation(serializers.Serializer):
    """Why it did not go, or came back, and what to do."""

    title = serializers.CharField()
    next_step = serializers.CharField()
    note = serializers.CharField(allow_null=True)


class Returned(serializers.Serializer):
    """What came back to the wallet, the fee included where it is given back. ``reason`` is the bank's code."""

    amount_minor = serializers.IntegerField()
    fee_returned = serializers.BooleanField()
    reason = serializers.CharField()
    returned_at = serializers.DateTimeField()


class TimelineStep(serializers.Serializer):
    """One step: done, now, todo or bad; ``on`` is a day that is only expected."""

    code = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=["done", "now", "todo", "bad"])
    at = serializers.DateTimeField(allow_null=True)
    on = serializers.DateField(allow_null=True)


class WithdrawalShape(WithdrawalRow):
    """A withdrawal as it is now. ``reference`` is what the bank knows it by."""

    reference = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)
    arrives_on = serializers.DateField(allow_null=True)
    review = Review(allow_null=True)
    question = Question(allow_null=True)
    explanation = Explanation(allow_null=True)
    returned = Returned(allow_null=True)
    arrived_minor = serializers.IntegerField(
        allow_null=True, help_text="What the bank paid, where that is another amount; the rest is in the wallet again."
    )
    timeline = TimelineStep(many=True)
    next_action = NextAction(allow_null=True)
