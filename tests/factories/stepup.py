"""People, sessions and a purpose of their own for the tests of step-up."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rest_framework.test import APIClient

from accounts.devices.models import AppToken, WalletSession
from accounts.identity.models import User
from accounts.stepup.registry import Outcome, Purpose, Shown, purposes
from accounts.stepup.services import consume, open_challenge
from ledger.money import Money
from tests.factories.people import PIN, make_person
from wallet_project.lib import db, ids
from wallet_project.lib.errors import WalletError
from wallet_project.lib.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.stepup.models import Challenge

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OTHER_PIN = "482915"
WEB = Origin(channel="web")
PURPOSE = "test"


class StateConflict(WalletError):
    """The thing waits for no confirmation any more."""

    code = "state_conflict"


def person(name: str = "alice", *, pin: str | None = PIN, **fields: Any) -> User:
    """Somebody with a verified e-mail and, unless told otherwise, a PIN."""
    return make_person(name, pin=pin, **fields)


def again(user: User) -> User:
    """The person as the next request loads them."""
    return User.objects.select_related("pin_device").get(pk=user.pk)


def app_client(user: User, *, signed_in_at: datetime) -> APIClient:
    """An app in which ``user`` signed in at that moment."""
    session = WalletSession.objects.create(
        key_hash=ids.uuid7().hex,
        user=user,
        payload=b"",
        kind="app",
        authenticated_at=signed_in_at,
        created_at=signed_in_at,
        last_seen_at=signed_in_at,
        expires_at=signed_in_at + timedelta(days=30),
    )
    token = AppToken.objects.create(
        token_hash=ids.uuid7().hex,
        session=session,
        user=user,
        session_key=b"",
        created_at=signed_in_at,
        expires_at=session.expires_at,
    )
    client = APIClient()
    client.force_authenticate(user, token)
    return client


@dataclass
class Things:
    """What the test purpose confirms: payloads by id, and what was done under which authority."""

    payloads: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    done: list[tuple[UUID, str]] = field(default_factory=list)
    released: list[UUID] = field(default_factory=list)
    failure: Exception | None = None

    def add(self, **payload: Any) -> UUID:
        """A new thing that waits."""
        subject_id = ids.uuid7()
        self.payloads[subject_id] = {"payee": "bob", "amount_minor": 4250, "currency": "EUR"} | payload
        return subject_id

    def payload(self, subject_id: UUID) -> dict[str, Any]:
        """As a room would: refuses when it waits no more."""
        if any(done == subject_id for done, _ in self.done) or subject_id in self.released:
            raise StateConflict
        return self.payloads[subject_id]

    def confirm(self, *, subject_id: UUID, challenge_id: UUID, origin: Origin, at: datetime) -> Outcome:
        """As a room would: one transaction, the challenge consumed inside it."""
        with db.transaction():
            authority = consume(challenge_id=challenge_id, payload=self.payloads[subject_id], at=at)
            if self.failure is not None:
                raise self.failure
        self.done.append((subject_id, authority.reference))
        return Outcome({"id": str(subject_id), "status": "COMPLETED"})

    def show(self, subject_id: UUID) -> Shown:
        """As a room would."""
        amount = Money(self.payloads[subject_id]["amount_minor"], "EUR")
        return Shown("Confirm your payment", [("Fee", "€0.00")], amount, "Bob B•••", "/home/")

    def release(self, *, subject_id: UUID, origin: Origin, at: datetime) -> None:
        """As a room would."""
        self.released.append(subject_id)

    def ask(self, user: User, *, at: datetime = AT, methods: tuple[str, ...] = ("pin",), **payload: Any) -> Challenge:
        """A new thing and its challenge."""
        subject_id = self.add(**payload)
        with db.transaction():
            return open_challenge(
                user=user,
                purpose=PURPOSE,
                subject_id=subject_id,
                payload=self.payloads[subject_id],
                methods=methods,
                at=at,
            )


@contextmanager
def registered_things() -> Iterator[Things]:
    """Registers the purpose "test" for as long as the block runs."""
    things = Things()
    purposes.register(PURPOSE, Purpose(things.payload, things.confirm, things.show, things.release))
    try:
        yield things
    finally:
        del purposes._items[PURPOSE]
