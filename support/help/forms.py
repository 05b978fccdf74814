"""The shape of a request for help."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from support.help.models import Topic


class HelpForm(forms.Form):
    """Topic, how to reach the person, and what happened. ``submission`` makes a second click harmless."""

    submission = forms.UUIDField(widget=forms.HiddenInput)
    topic = forms.ChoiceField(
        label=_("What is it about?"), choices=Topic.choices, error_messages={"required": _("Choose what it is about.")}
    )
    contact = forms.CharField(
        label=_("How can we reach you?"),
        help_text=_("An e-mail address or a phone number."),
        max_length=254,
        error_messages={
            "required": _("Enter an e-mail address or a phone number."),
            "max_length": _("This is too long for an e-mail address or a phone number."),
        },
    )
    message = forms.CharField(
        label=_("What happened?"),
        help_text=_("Never send a password, a PIN or a code. We will never ask for them."),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=4000,
        error_messages={
            "required": _("Tell us what happened."),
            "max_length": _("Keep the message under 4,000 characters."),
        },
    )

    field_order = ["topic", "contact", "message", "submission"]
