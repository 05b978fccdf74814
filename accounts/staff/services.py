"""Makes the groups in the database what the code says, and gives staff their role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Value
from django.db.models.functions import Concat

from accounts.audit.services import publish
from accounts.staff.errors import PermissionsMissing, RoleUnknown
from accounts.staff.events import RoleGiven
from accounts.staff.policy import GROUPS
from wallet_project.lib import db

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.identity.models import User
    from wallet_project.lib.origin import Origin


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
