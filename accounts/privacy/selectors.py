"""Questions about what a person agreed to and allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.privacy.documents import DOCUMENTS, FIRST_VERSION, Document, all_current
from accounts.privacy.models import Consent, PrivacySwitches
from accounts.privacy.policy import DISCOVERY_SWITCHES, OWN_SWITCHES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.identity.models import User


def consents_of(user: User) -> QuerySet[Consent]:
    """Every version the person accepted, newest first."""
    return Consent.objects.filter(user_id=user.pk).order_by("-accepted_at", "-id")


def missing_consents(user: User, *, at: datetime, among: Sequence[Document] = DOCUMENTS) -> list[Document]:
    """What is in force and was not accepted yet.

    Whoever signed up before acceptances were recorded one by one accepted the first versions with
    ``terms_accepted_at``; for them nothing is asked of the database while those are in force.
    """
    due = [one for one in all_current(on=at.date(), among=among) if not _accepted_at_sign_up(user, one)]
    if not due:
        return []
    accepted = set(consents_of(user).values_list("document", "version"))
    return [document for document in due if (document.code, document.version) not in accepted]


def switches_of(user: User) -> dict[str, bool]:
    """Where every switch stands."""
    row = PrivacySwitches.objects.filter(user_id=user.pk).first() or PrivacySwitches(user_id=user.pk)
    own = {name: bool(getattr(row, name)) for name in OWN_SWITCHES}
    return own | {name: bool(getattr(user, name)) for name in DISCOVERY_SWITCHES}


def is_on(user_id: UUID, switch: str) -> bool:
    """Whether the person allows a purpose (one of ``OWN_SWITCHES``): ask before anything is done for it."""
    if switch not in OWN_SWITCHES:
        raise ValueError(switch)
    return PrivacySwitches.objects.filter(**{"user_id": user_id, switch: True}).exists()


def standing(user: User, *, at: datetime) -> list[tuple[Document, datetime | None]]:
    """The versions in force, each with the moment the person accepted it (None: not yet)."""
    accepted = {(one.document, one.version): one.accepted_at for one in consents_of(user)}
    return [
        (
            document,
            accepted.get(
                (document.code, document.version),
                user.terms_accepted_at if _accepted_at_sign_up(user, document) else None,
            ),
        )
        for document in all_current(on=at.date())
    ]


def _accepted_at_sign_up(user: User, document: Document) -> bool:
    return document.version == FIRST_VERSION and user.terms_accepted_at is not None
