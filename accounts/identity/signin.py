"""Reads who somebody says they are from what a sign-in request carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings

from accounts.identity.policy import Identifier, IdentifierMalformed, normalise_identifier

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = ("email", "phone", "login", "username", "contact")


def identifier_of(values: Mapping[str, Any]) -> Identifier | None:
    """The first e-mail or phone among the fields a sign-in form may use; None when there is none that could be one."""
    for field in FIELDS:
        value = values.get(field)
        if not isinstance(value, str) or not value.strip():
            continue
        try:
            found = normalise_identifier(value, settings.DEFAULT_COUNTRY)
        except IdentifierMalformed:
            continue
        if found.kind != "handle":
            return found
    return None
