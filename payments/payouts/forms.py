"""The shape of what is said about a message."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.approvals.policy import REASON_LENGTH_MAX


class NoteForm(forms.Form):
    """What it was."""

    note = forms.CharField(
        label=_("What it was and what was done"),
        required=False,
        max_length=REASON_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
