"""Facts about roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from wallet_project.lib.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGiven(Event):
    """A member of staff has this role now and no other."""

    name: ClassVar[str] = "role_given"
    user_id: UUID
    role: str
    before: list[str]
