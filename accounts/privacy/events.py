"""Facts about what a person agreed to: ids and codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from wallet_project.lib.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven(Event):
    """A person accepted one version of a document."""

    name: ClassVar[str] = "privacy.consent_given"
    user_id: UUID
    document: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchChanged(Event):
    """A person turned one switch on or off."""

    name: ClassVar[str] = "privacy.switch_changed"
    user_id: UUID
    switch: str
    is_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequested(Event):
    """A person confirmed that they want a copy of their data."""

    name: ClassVar[str] = "privacy.export_requested"
    user_id: UUID
    export_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportEnded(Event):
    """The copy is ready, or could not be made after every try."""

    name: ClassVar[str] = "privacy.export_ended"
    user_id: UUID
    export_id: UUID
    status: str
