"""A purpose of the tests: things with a value that a second person agrees to change."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Permission

from accounts.approvals.registry import ApprovalPurpose, purposes
from accounts.risk.models import RiskDecision
from tests.factories.people import make_staff, now
from wallet_project.lib import ids
from wallet_project.lib.errors import WalletError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from accounts.approvals.models import Approval
    from accounts.identity.models import User
    from wallet_project.lib.origin import Origin

PURPOSE = "test_change"
PERMISSION = "accounts.force_pin_reset"


class Gone(WalletError):
    """The thing waits no more."""

    code = "state_conflict"


@dataclass
class Things:
    """Values by id, and what became of them. What is done leaves a row, so a race that does it twice is seen."""

    values: dict[UUID, int] = field(default_factory=dict)
    refused: list[tuple[UUID, str]] = field(default_factory=list)
    failure: Exception | None = None

    def add(self, value: int = 10) -> UUID:
        """A new thing."""
        subject_id = ids.uuid7()
        self.values[subject_id] = value
        return subject_id

    def payload(self, subject_id: UUID) -> dict[str, Any]:
        """As a room would."""
        if subject_id not in self.values:
            raise Gone
        return {"amount_minor": self.values[subject_id], "currency": "EUR"}

    def execute(self, *, subject_id: UUID, approval: Approval, origin: Origin, at: datetime) -> None:
        """As a room would: one row per thing done."""
        if self.failure is not None:
            raise self.failure
        RiskDecision.objects.create(
            subject_kind=PURPOSE,
            subject_id=subject_id,
            outcome="ALLOW",
            score=0,
            rules=[],
            facts={},
            engine_version=1,
            decided_at=at,
        )

    def move_back(self, *, subject_id: UUID, approval: Approval, origin: Origin, at: datetime) -> None:
        """As a room would."""
        self.refused.append((subject_id, str(approval.status)))


def done(subject_id: UUID) -> int:
    """How often the thing was done."""
    return RiskDecision.objects.filter(subject_kind=PURPOSE, subject_id=subject_id).count()


@contextmanager
def registered_things() -> Iterator[Things]:
    """Registers the purpose for as long as the block runs."""
    things = Things()
    purposes.register(
        PURPOSE,
        ApprovalPurpose(
            title="Change the thing",
            permission=PERMISSION,
            payload=things.payload,
            execute=things.execute,
            expires_after=timedelta(hours=1),
            refused=things.move_back,
        ),
    )
    try:
        yield things
    finally:
        del purposes._items[PURPOSE]


def officer(handle: str, *permissions: str) -> User:
    """A member of staff with exactly these permissions (``app.codename``); PERMISSION unless told otherwise."""
    user = make_staff(handle)
    for name in permissions or (PERMISSION,):
        app, _, codename = name.partition(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return type(user).objects.get(pk=user.pk)


def in_an_hour() -> datetime:
    """When a proposal of the tests is over."""
    return now() + timedelta(hours=1, seconds=1)
