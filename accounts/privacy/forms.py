"""The shape of agreeing and allowing. They check; they never act."""

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


class SwitchesForm(forms.Form):
    """Every switch on one page; an unticked one is off."""

    discoverable_by_handle = forms.BooleanField(label=_("People who know my handle see my name"), required=False)
    discoverable_by_email = forms.BooleanField(label=_("People who know my e-mail address see my name"), required=False)
    discoverable_by_phone = forms.BooleanField(label=_("People who know my phone number see my name"), required=False)
    analytics = forms.BooleanField(
        label=_("Count how I use the pages"),
        help_text=_(
            "So that we see what is hard to find. Nothing is counted today; it would be only for who allows it."
        ),
        required=False,
    )
    recommendations = forms.BooleanField(
        label=_("Recommend what may suit me"),
        help_text=_("From what I do in my wallet. Nothing is recommended today; it would be only for who allows it."),
        required=False,
    )
