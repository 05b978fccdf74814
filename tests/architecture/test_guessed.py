"""Wherever sign-in compares a secret, the guess is counted; a new address of allauth that takes one fails here."""

from __future__ import annotations

import pytest
from django.urls import resolve

from accounts.identity.limiter import GUESSED, guard_of
from tests.architecture.walk import addresses

SECRET_FIELDS = {"code", "key", "password", "oldpassword", "current_password", "credential"}
NOT_COMPARED = {
    "headless:app:account:signup": "the password is chosen",
    "mfa_activate_totp": "the code of a secret that was just shown to the same person, who proved themselves",
    "headless:app:mfa:manage_totp": "the same in the app",
}
FUNCTIONS = {"account_email_verification_sent", "account_verify_phone"}
"""Views that choose their form themselves."""


def _fields(view: object) -> set[str]:
    """What the view's form or its inputs by method ask for."""
    shown = getattr(view, "view_class", None)
    forms = [getattr(shown, name, None) for name in ("form_class", "input_class")]
    each = [form for found in forms for form in (found.values() if isinstance(found, dict) else [found])]
    return {name for form in each for name in getattr(form, "base_fields", {})}


def _asked() -> dict[str, set[str]]:
    ours = [one for one in addresses() if one.route.startswith(("/account/", "/_allauth/")) and "<" not in one.route]
    return {resolve(one.route).view_name: _fields(one.view) for one in ours if "(?P" not in one.route}


def test_every_secret_that_is_compared_is_counted() -> None:
    takes = {name for name, fields in _asked().items() if fields & SECRET_FIELDS}
    assert takes - set(GUESSED) == set(NOT_COMPARED)
    assert set(GUESSED) >= FUNCTIONS
    assert set(GUESSED) - takes == FUNCTIONS


def test_the_table_names_only_what_exists() -> None:
    assert set(GUESSED) | set(NOT_COMPARED) <= set(_asked())


@pytest.mark.parametrize("name", sorted(GUESSED))
def test_a_guess_is_counted_where_it_is_sent(name: str) -> None:
    assert guard_of(name, "POST").secret == GUESSED[name]
    assert guard_of(name, "POST").rate == "signin"
