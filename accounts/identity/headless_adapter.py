"""What allauth's headless answers say about a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.headless.adapter import DefaultHeadlessAdapter

from accounts.identity.policy import display_name

if TYPE_CHECKING:
    from accounts.identity.models import User


class HeadlessAdapter(DefaultHeadlessAdapter):
    """Our public id instead of the row's, and nothing that was not given by the person."""

    def serialize_user(self, user: User) -> dict[str, Any]:
        """``id``, ``display``, ``email``, ``phone``, ``has_usable_password``."""
        shown = {
            "id": user.public_id if user.pk else None,
            "display": display_name(user),
            "email": EmailAddress.objects.get_primary_email(user) if user.pk else None,
            "phone": user.phone or None,
            "has_usable_password": user.has_usable_password(),
        }
        return {key: value for key, value in shown.items() if value is not None}
