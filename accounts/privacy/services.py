"""Verbs about what a person agrees to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.audit.services import publish
from accounts.identity import services as identity
from accounts.identity.models import User
from accounts.privacy.documents import DOCUMENTS, TERMS, Document, all_current, current
from accounts.privacy.errors import ConsentVersionUnknown
from accounts.privacy.events import ConsentGiven
from accounts.privacy.models import Consent
from wallet_project.lib import db

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from wallet_project.lib.origin import Origin


def accept(
    *,
    user: User,
    versions: Mapping[str, str],
    at: datetime,
    origin: Origin,
    among: Sequence[Document] = DOCUMENTS,
) -> list[Document]:
    """Records that the person accepts these versions (document → version); returns those that were new.

    Joins the caller's transaction or opens one. Accepting again changes nothing: the first moment stays.
    Raises ConsentVersionUnknown for a version that is not in force, NotFound for an unknown document.
    """
    wanted = [current(code, on=at.date(), among=among) for code in versions]
    if any(document.version != versions[document.code] for document in wanted):
        raise ConsentVersionUnknown
    with db.transaction_if_not_already():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two clicks at once: the first is the consent
        return [document for document in wanted if _record(user, document, at=at, origin=origin)]


def accept_at_sign_up(*, user: User, at: datetime, origin: Origin) -> None:
    """Records the versions in force for a new account; called in the transaction that makes it."""
    db.transaction_required()
    accept(user=user, versions={one.code: one.version for one in all_current(on=at.date())}, at=at, origin=origin)


def _record(user: User, document: Document, *, at: datetime, origin: Origin) -> bool:
    if Consent.objects.filter(user_id=user.pk, document=document.code, version=document.version).exists():
        return False
    Consent.objects.create(
        user_id=user.pk,
        document=document.code,
        version=document.version,
        accepted_at=at,
        session_id=origin.session_id,
        channel=origin.channel,
    )
    event = ConsentGiven(user_id=user.pk, document=document.code, version=document.version)
    publish(event, actor=f"person:{user.pk}", subject_id=user.pk, origin=origin, at=at)
    if document.code == TERMS:
        identity.accept_terms(user=user, at=at)
    return True
