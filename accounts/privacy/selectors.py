"""Questions about what a person agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.privacy.documents import DOCUMENTS, FIRST_VERSION, Document, all_current
from accounts.privacy.models import Consent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

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


def _accepted_at_sign_up(user: User, document: Document) -> bool:
    return document.version == FIRST_VERSION and user.terms_accepted_at is not None
