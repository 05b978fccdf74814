"""Staff with the roles of the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator

from accounts.staff.services import give_role
from tests.factories.people import ORIGIN, make_staff, now
from tests.factories.sessions import at_the_desk

if TYPE_CHECKING:
    from django.test import Client

    from accounts.identity.models import User


def desk(user: User) -> Client:
    """A fresh browser at the desk, with a second factor of its own; the one before closes with its factor."""
    Authenticator.objects.filter(user=user).delete()
    return at_the_desk(user)


def make_officer(handle: str, role: str, **fields: Any) -> User:
    """A member of staff in one role, as the code says what it may do."""
    user = make_staff(handle, **fields)
    give_role(user=user, role=role, actor="operator", origin=ORIGIN, at=now())
    return type(user).objects.get(pk=user.pk)
