"""Record a fact together with its deliveries, and carry the deliveries out: each exactly once."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.db.models import F

from accounts.audit import nudge, selectors, signing
from accounts.audit.events import DeliveryReplayed, SecurityEvent
from accounts.audit.models import AuditCheckpoint, Delivery, DeliveryState, RecordedEvent
from accounts.audit.policy import is_dead, pause_after
from accounts.audit.registry import Recorded, handlers_of, subscriptions
from ledger.signing import key_id, public_key, sign
from wallet_project.lib import db, ids
from wallet_project.lib.errors import NotFound, WalletError
from wallet_project.lib.failpoints import failpoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from wallet_project.lib.events import Event
    from wallet_project.lib.origin import Origin

logger = logging.getLogger(__name__)

BATCH = 50

_PUBLISH = """
WITH recorded AS (
  INSERT INTO accounts_recorded_event
    (id, name, payload, actor_kind, actor_id, subject_id, channel, request_id, session_id, occurred_at)
  VALUES (%s, %s, %s::jsonb, %s, %s, %s, %s, %s, %s, %s)
  RETURNING id, occurred_at
)
INSERT INTO accounts_delivery (id, event_id, handler, state, attempts, next_attempt_at, last_error)
SELECT wanted.id, recorded.id, wanted.handler, 'PENDING', 0, recorded.occurred_at, ''
FROM recorded, unnest(%s::uuid[], %s::text[]) AS wanted(id, handler)
"""

_RECORD_MANY = """
INSERT INTO accounts_recorded_event
  (id, name, payload, actor_kind, actor_id, subject_id, channel, request_id, session_id, occurred_at)
SELECT new.id, new.name, new.payload::jsonb, %s, %s, new.subject, %s, %s, %s::uuid, %s
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[]) AS new(id, name, payload, subject)
"""

_DELIVER_MANY = """
INSERT INTO accounts_delivery (id, event_id, handler, state, attempts, next_attempt_at, last_error)
SELECT wanted.id, wanted.event, wanted.handler, 'PENDING', 0, %s, ''
FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS wanted(id, event, handler)
"""


class DeliveryNotDead(WalletError):
    """Only a dead delivery can be sent on its way again; the others still are on it."""

    code = "state_conflict"


def publish(event: Event, *, actor: str, subject_id: UUID, origin: Origin, at: datetime) -> UUID:
    """Records ``event`` and a delivery for each of its handlers, in one statement of the caller's transaction.

    ``actor`` is ``kind:id`` or a kind alone: ``person:<uuid>``, ``staff:<uuid>``, ``provider:stripe``, ``worker``.
    Returns the event's id. After the commit the workers are told, once per burst; if they cannot be told, the sweep
    finds it. Raises NotInTransaction.
    """
    db.transaction_required()
    event_id = ids.uuid7(at)
    actor_kind, _, actor_id = actor.partition(":")
    handlers = handlers_of(event.name)
    with connection.cursor() as cursor:
        cursor.execute(
            _PUBLISH,
            [
                event_id,
                event.name,
                json.dumps(event.payload()),
                actor_kind,
                actor_id,
                subject_id,
                origin.channel,
                origin.request_id[:64],
                origin.session_id,
                at,
                [ids.derive(event_id, handler) for handler in handlers],
                list(handlers),
            ],
        )
    if handlers:
        db.after_commit(_announce)
    return event_id


def publish_many(events: Sequence[tuple[Event, UUID]], *, actor: str, origin: Origin, at: datetime) -> list[UUID]:
    """As ``publish`` for many pairs of event and subject, in two statements however many there are."""
    db.transaction_required()
    actor_kind, _, actor_id = actor.partition(":")
    event_ids = [ids.uuid7(at) for _ in events]
    handled = [
        (event_id, handler)
        for event_id, (event, _) in zip(event_ids, events, strict=True)
        for handler in handlers_of(event.name)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _RECORD_MANY,
            [
                actor_kind,
                actor_id,
                origin.channel,
                origin.request_id[:64],
                origin.session_id,
                at,
                event_ids,
                [event.name for event, _ in events],
                [json.dumps(event.payload()) for event, _ in events],
                [subject_id for _, subject_id in events],
            ],
        )
        cursor.execute(
            _DELIVER_MANY,
            [
                at,
                [ids.derive(event_id, handler) for event_id, handler in handled],
                [event_id for event_id, _ in handled],
                [handler for _, handler in handled],
            ],
        )
    if handled:
        db.after_commit(_announce)
    return event_ids


def record_security_event(
    *,
    kind: str,
    user_id: UUID,
    actor: str,
    origin: Origin,
    at: datetime,
    details: Mapping[str, str | int | bool] | None = None,
) -> UUID:
    """Records that something worth knowing happened to an account; joins the caller's transaction or opens one.

    ``details`` are codes and numbers, never personal data or secrets.
    """
    event = SecurityEvent(kind=kind, user_id=user_id, details=dict(details or {}))
    with db.transaction_if_not_already():
        return publish(event, actor=actor, subject_id=user_id, origin=origin, at=at)


def _announce() -> None:
    failpoint("audit.committed")
    nudge.nudge()


def dispatch_due(*, at: datetime, limit: int = BATCH) -> int:
    """Carries out up to ``limit`` deliveries that are due at ``at``; returns how many were taken up.

    A batch shares one transaction: claim, handlers, DONE. If one handler fails nothing of the batch stays, and every
    delivery of it runs again alone in a transaction of its own, where a failure is counted and only its own. Other
    workers skip what is claimed. Must be called outside a transaction.
    """
    db.refuse_in_transaction()
    claimed: list[Delivery] = []
    try:
        with db.transaction():
            claimed = _claim(at=at, limit=limit)
            _carry_out(claimed)
    except Exception:  # whatever a handler raises: the batch is undone and sorted out one by one
        if not claimed:
            raise  # the claim itself failed: the database's trouble, not a handler's
        logger.info("a batch of deliveries is repeated one by one", extra={"deliveries": len(claimed)})
        for delivery in claimed:
            deliver(delivery_id=delivery.pk, at=at)
    return len(claimed)


def deliver(*, delivery_id: UUID, at: datetime) -> bool:
    """Carries out one delivery if it is pending and nobody else has it; True when it is done now.

    A handler's failure is counted in a transaction of its own: tried again later, dead after ten.
    """
    delivery: Delivery | None = None
    try:
        with db.transaction():
            mine = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).select_related("event")
            delivery = mine.filter(pk=delivery_id, state=DeliveryState.PENDING).first()
            if delivery is not None:
                _carry_out([delivery])
    except Exception as error:
        if delivery is None:
            raise  # the claim itself failed: the database's trouble, not the handler's
        logger.exception("a delivery failed", extra={"delivery": str(delivery.pk), "handler": delivery.handler})
        _count_failure(delivery, error=type(error).__name__, at=at)
        return False
    return delivery is not None


def replay(*, delivery_id: UUID, by: UUID, origin: Origin, at: datetime) -> Delivery:
    """Sends a dead delivery on its way again with a fresh count, and records who did.

    Raises NotFound, DeliveryNotDead.
    """
    with db.transaction():
        delivery = Delivery.objects.select_for_update().filter(pk=delivery_id).first()
        if delivery is None:
            raise NotFound
        if delivery.state != DeliveryState.DEAD:
            raise DeliveryNotDead
        delivery.state = DeliveryState.PENDING
        delivery.attempts = 0
        delivery.next_attempt_at = at
        delivery.save(update_fields=["state", "attempts", "next_attempt_at"])
        replayed = DeliveryReplayed(event_id=delivery.event_id, handler=delivery.handler)
        publish(replayed, actor=f"staff:{by}", subject_id=delivery.event_id, origin=origin, at=at)
        db.after_commit(_announce)
    return delivery


def sign_checkpoint(*, at: datetime) -> signing.TrailCheckpoint:
    """Signs the facts since the last checkpoint, up to a number below which every transaction has ended.

    Whatever commits later has a number at or past it and is in the next one, so a window once signed never changes.
    Returns the last one when none has ended since. Opens its own transaction. Two at once: the later raises
    IntegrityError and may be tried again.
    """
    seed: bytes = settings.LEDGER_SIGNING_KEY
    with db.transaction():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
            watermark = int(cursor.fetchone()[0])
        last = selectors.audit_checkpoint()
        if last is not None and last.watermark == watermark:
            return last
        from_xid = 0 if last is None else last.watermark
        count, root = signing.root_of(selectors.leaves_of(from_xid, watermark))
        unsigned = signing.TrailCheckpoint(
            no=1 if last is None else last.no + 1,
            from_xid=from_xid,
            watermark=watermark,
            count=count,
            root=root,
            previous_root=None if last is None else last.root,
            created_at=at,
            key_id=key_id(public_key(seed)),
        )
        signed = replace(unsigned, signature=sign(unsigned.message(), seed=seed))
        AuditCheckpoint.objects.create(
            no=signed.no,
            from_xid=signed.from_xid,
            watermark=signed.watermark,
            count=signed.count,
            root=signed.root,
            previous_root=signed.previous_root,
            created_at=signed.created_at,
            key_id=signed.key_id,
            signature=signed.signature,
        )
    return signed


def _claim(*, at: datetime, limit: int) -> list[Delivery]:
    due = Delivery.objects.filter(state=DeliveryState.PENDING, next_attempt_at__lte=at).order_by("next_attempt_at")
    return list(due.select_for_update(skip_locked=True, of=("self",)).select_related("event")[:limit])


def _carry_out(claimed: Sequence[Delivery]) -> None:
    for delivery in claimed:
        subscriptions[delivery.handler].act(_recorded(delivery.event))
    failpoint("audit.handled")
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in claimed]).update(
        state=DeliveryState.DONE, attempts=F("attempts") + 1, last_error=""
    )


def _recorded(event: RecordedEvent) -> Recorded:
    return Recorded(
        id=event.pk,
        name=event.name,
        payload=event.payload,
        occurred_at=event.occurred_at,
        subject_id=event.subject_id,
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
    )


def _count_failure(delivery: Delivery, *, error: str, at: datetime) -> None:
    attempts = delivery.attempts + 1
    state = DeliveryState.DEAD if is_dead(attempts) else DeliveryState.PENDING
    with db.transaction():
        # Only if nobody else took it in between: then that attempt counts instead.
        Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING, attempts=delivery.attempts).update(
            state=state, attempts=attempts, next_attempt_at=at + pause_after(attempts), last_error=error[:80]
        )
    if state == DeliveryState.DEAD:
        logger.error("a delivery is dead", extra={"delivery": str(delivery.pk), "handler": delivery.handler})
