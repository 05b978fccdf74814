"""Verbs about what a person agrees to and allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.audit.services import publish
from accounts.identity import services as identity
from accounts.identity.models import User
from accounts.privacy import selectors
from accounts.privacy.documents import DOCUMENTS, TERMS, Document, all_current, current
from accounts.privacy.errors import ConsentVersionUnknown
from accounts.privacy.events import ConsentGiven, SwitchChanged
from accounts.privacy.models import Consent, PrivacySwitches, SwitchChange
from accounts.privacy.policy import DISCOVERY_SWITCHES, OWN_SWITCHES, SWITCHES, kept
from accounts.privacy.registry import forgetting
from wallet_project.lib import db
from wallet_project.lib.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from wallet_project.lib.origin import Origin


ROWS_AT_ONCE = 500
ROUNDS_MAX = 100


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


def change(
    *, user: User, versions: Mapping[str, str], switches: Mapping[str, bool], at: datetime, origin: Origin
) -> None:
    """Accepts versions and turns switches in one transaction. Raises what ``accept`` and ``set_switches`` do."""
    with db.transaction():
        accept(user=user, versions=versions, at=at, origin=origin)
        set_switches(user=user, changes=switches, at=at, origin=origin)


def set_switches(*, user: User, changes: Mapping[str, bool], at: datetime, origin: Origin) -> dict[str, bool]:
    """Turns switches on or off; returns where all of them stand. What stands so already is no change.

    One transaction: the switches, a row per turn and its fact. Raises Invalid (unknown_field).
    """
    unknown = sorted(set(changes) - set(SWITCHES))
    if unknown:
        raise Invalid(dict.fromkeys(unknown, "unknown_field"))
    with db.transaction_if_not_already():
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        row = PrivacySwitches.objects.filter(user_id=user.pk).first() or PrivacySwitches(user_id=user.pk)
        turned = {
            name: changes[name] for name in OWN_SWITCHES if changes.get(name, getattr(row, name)) != getattr(row, name)
        }
        for name, is_on in turned.items():
            setattr(row, name, is_on)
        if turned:
            row.save()
            note_turns(user_id=user.pk, turned=turned, at=at, origin=origin)
        discovery = {name: changes[name] for name in DISCOVERY_SWITCHES if name in changes}
        identity.update_profile(user=locked, changes=discovery, at=at, origin=origin)
    return selectors.switches_of(locked)


def note_turns(*, user_id: UUID, turned: dict[str, bool], at: datetime, origin: Origin) -> None:
    """Records each turn of a switch, from whichever page or endpoint; called in the transaction that makes it."""
    db.transaction_required()
    for switch, is_on in turned.items():
        SwitchChange.objects.create(user_id=user_id, switch=switch, is_on=is_on, changed_at=at)
        event = SwitchChanged(user_id=user_id, switch=switch, is_on=is_on)
        publish(event, actor=f"person:{user_id}", subject_id=user_id, origin=origin, at=at)


def forget_old(*, at: datetime) -> dict[str, int]:
    """Deletes what was kept long enough, kind by kind; returns how many rows of each.

    In small transactions, so that nobody waits long; what is left of a very large backlog goes the next night.
    """
    db.refuse_in_transaction()
    gone = {}
    for code, forget in forgetting.items():
        before, gone[code] = at - kept(code), 0
        for _round in range(ROUNDS_MAX):
            deleted = forget(before=before, limit=ROWS_AT_ONCE)
            gone[code] += deleted
            if deleted < ROWS_AT_ONCE:
                break
    return gone


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
