"""The shape of what staff send."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.staff.wording import READ_REASONS


class RevealForm(forms.Form):
    """Why somebody's data must be read."""

    why = forms.ChoiceField(
        label=_("Why do you need it?"), choices=lambda: [("", _("Choose a reason")), *READ_REASONS.items()]
    )
