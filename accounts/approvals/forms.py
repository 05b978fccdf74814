"""The shape of a decision."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.approvals.policy import REASON_LENGTH_MAX


class DecisionForm(forms.Form):
    """Approve, or refuse with a reason."""

    decision = forms.ChoiceField(label=_("Decision"), choices=[("approve", _("Approve")), ("refuse", _("Refuse"))])
    reason = forms.CharField(
        label=_("Why it is refused"),
        required=False,
        max_length=REASON_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
