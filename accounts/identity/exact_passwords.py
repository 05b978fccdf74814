"""A password counts exactly as it was typed, in the app as on the page (ASVS 5.0 6.2.8).

allauth's pages keep spaces at its ends; its inputs for apps cut them off, so that a password set on one side was
another on the other.
"""

from __future__ import annotations

from allauth.headless.account import inputs
from django.forms import CharField

FIELDS = {
    inputs.SignupInput: ("password",),
    inputs.LoginInput: ("password",),
    inputs.ResetPasswordInput: ("password",),
    inputs.ChangePasswordInput: ("current_password", "new_password"),
}


def keep_spaces() -> None:
    """Called once when the app is ready."""
    for form, names in FIELDS.items():
        for name in names:
            field = form.base_fields[name]
            if not isinstance(field, CharField):
                raise TypeError(f"{form.__name__}.{name} is no text any more")
            field.strip = False
