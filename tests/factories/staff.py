"""Staff with the roles of the code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.staff.services import give_role
from tests.factories.people import ORIGIN, make_staff, now
from tests.factories.sessions import at_the_desk as desk

if TYPE_CHECKING:
    from accounts.identity.models import User

__all__ = ["desk", "make_officer"]


def make_officer(handle: str, role: str, **fields: Any) -> User:
    """A member of staff in one role, as the code says what it may do."""
    user = make_staff(handle, **fields)
    give_role(user=user, role=role, actor="operator", origin=ORIGIN, at=now())
    return type(user).objects.get(pk=user.pk)
