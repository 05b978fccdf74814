"""The shape of agreeing. It checks; it never acts."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class AcceptForm(forms.Form):
    """One tick for everything that is new, and the versions that were shown."""

    accepted = forms.BooleanField(
        label=_("I accept the terms and have read the privacy notice."),
        error_messages={"required": _("Tick the box to accept, or leave the page as it is.")},
    )
    terms = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)
    privacy = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)
