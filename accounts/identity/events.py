"""Facts about people: ids and codes, never their personal values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from wallet_project.lib.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonVerified(Event):
    """The first contact was proven; the wallet was opened in the same transaction."""

    name: ClassVar[str] = "person_verified"
    user_id: UUID
    contact: str
    """``email`` or ``phone``."""
    country: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactVerified(Event):
    """A further contact, or a changed one, was proven."""

    name: ClassVar[str] = "contact_verified"
    user_id: UUID
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChanged(Event):
    """``fields`` names what changed, without the values."""

    name: ClassVar[str] = "profile_changed"
    user_id: UUID
    fields: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Event):
    """``how`` is changed, set or reset. Every other session was ended."""

    name: ClassVar[str] = "password_changed"
    user_id: UUID
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFrozen(Event):
    """The account was frozen: signed out everywhere, can neither send nor be sent to."""

    name: ClassVar[str] = "person_frozen"
    user_id: UUID
