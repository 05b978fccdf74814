"""Makes the groups in the database what the code says, gives staff their role, and records what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Value
from django.db.models.functions import Concat

from accounts.audit.events import PERSONAL_DATA_READ
from accounts.audit.services import publish, record_security_event
from accounts.staff.errors import PermissionsMissing, ReadingNotAllowed, ReadingReasonMissing, RoleUnknown
from accounts.staff.events import RoleGiven
from accounts.staff.policy import GROUPS
from accounts.staff.wording import READ_REASONS, TOLD_DATA
from wallet_project.lib import db

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from wallet_project.lib.origin import Origin

REVEAL = "accounts.reveal_person"
"""The permission to read whole personal data."""


def sync_groups(*, using: str = DEFAULT_DB_ALIAS, complete: bool = True) -> None:
    """Every group of the table with exactly its permissions, and no other group.

    ``complete`` says that every app is migrated: then PermissionsMissing is raised for a permission nobody has, and
    nothing changes. On the way there (a partial migration) what does not exist yet is left out.
    """
    known = _permissions(using)
    missing = sorted(set().union(*GROUPS.values()) - set(known))
    if missing and complete:
        raise PermissionsMissing(missing)
    with db.transaction_if_not_already(using=using):
        Group.objects.using(using).exclude(name__in=GROUPS).delete()
        for name, wanted in GROUPS.items():
            group, _ = Group.objects.using(using).get_or_create(name=name)
            _give(group, (known[permission] for permission in wanted if permission in known), using)


def give_role(*, user: User, role: str, actor: str, origin: Origin, at: datetime) -> None:
    """Puts a member of staff into this group and no other; the same again changes nothing. Raises RoleUnknown."""
    if role not in GROUPS or not user.is_staff:
        raise RoleUnknown(role)
    with db.transaction_if_not_already():
        before = sorted(user.groups.values_list("name", flat=True))
        if before == [role]:
            return
        user.groups.set([Group.objects.get(name=role)])
        given = RoleGiven(user_id=user.pk, role=role, before=before)
        publish(given, actor=actor, subject_id=user.pk, origin=origin, at=at)


def may_reveal(officer: User) -> bool:
    """Whether ``officer`` is staff whose role reads whole personal data."""
    return officer.is_staff and officer.has_perm(REVEAL)


def reveal(*, person: User, by: User, what: str, reason: str, about: UUID, origin: Origin, at: datetime) -> None:
    """Writes down that ``by`` reads data of ``person`` that is masked otherwise, and why; the person can see it.

    ``what`` is a code of ``TOLD_DATA``; ``about`` the case, request or person it is for. Joins the caller's
    transaction or opens one. Raises ReadingNotAllowed, ReadingReasonMissing.
    """
    if not may_reveal(by):
        raise ReadingNotAllowed
    if reason not in READ_REASONS:
        raise ReadingReasonMissing({"why": "reason_missing"})
    if what not in TOLD_DATA:
        raise ValueError(what)
    role = by.groups.order_by("name").values_list("name", flat=True).first() or ""
    record_security_event(
        kind=PERSONAL_DATA_READ,
        user_id=person.pk,
        actor=f"staff:{by.pk}",
        origin=origin,
        at=at,
        details={"what": what, "reason": reason, "role": role, "about": str(about)},
    )


def _permissions(using: str) -> dict[str, int]:
    """Every permission there is, as ``app.codename``."""
    named = Permission.objects.using(using).annotate(
        full_name=Concat("content_type__app_label", Value("."), "codename")
    )
    return dict(named.values_list("full_name", "pk"))


def _give(group: Group, wanted: Iterable[int], using: str) -> None:
    through = Group.permissions.through.objects.using(using)
    has = set(through.filter(group_id=group.pk).values_list("permission_id", flat=True))
    needs = set(wanted)
    through.filter(group_id=group.pk, permission_id__in=has - needs).delete()
    # Two at once (a deployment with two migrators) add the same row: the second finds it there.
    rows = [Group.permissions.through(group_id=group.pk, permission_id=one) for one in needs - has]
    through.bulk_create(rows, ignore_conflicts=True)
