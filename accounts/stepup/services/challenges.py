"""Open, send, answer, renew, consume, expire: the life of one challenge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.mfa import services as mfa
from accounts.mfa.errors import CodeWrong, PinLocked, PinResetRequired
from accounts.stepup.errors import ChallengeExpired, ChallengeLocked, ChallengeUsed, ChallengeVoid
from accounts.stepup.models import CHALLENGE_LIVES, Challenge, ChallengeEvent, SmallAmountCounter
from accounts.stepup.policy import CODE_METHODS, RESEND_AFTER, SENDS_MAX, Authority, payload_hash
from accounts.stepup.registry import purposes
from wallet_project.lib import db
from wallet_project.lib.errors import Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from accounts.identity.models import User
    from accounts.stepup.registry import Outcome
    from wallet_project.lib.origin import Origin

State = Challenge.State
EXPIRE_BATCH = 500


@dataclass(frozen=True, slots=True)
class Answered:
    """A challenge that was answered, and what confirming led to."""

    challenge: Challenge
    outcome: Outcome


def open_challenge(
    *,
    user: User,
    purpose: str,
    subject_id: UUID,
    payload: Mapping[str, Any],
    methods: Sequence[str] = ("pin",),
    at: datetime,
) -> Challenge:
    """Opens the one challenge of ``subject_id``, bound to ``payload``; an earlier open one is void.

    ``methods``: any one of them answers it. Requires the caller's transaction. Raises PinRequired, PinLocked or
    PinResetRequired where only a PIN would answer and there is no usable one.
    """
    db.transaction_required()
    purposes[purpose]  # an unregistered purpose could never be answered: KeyError now, not then
    if tuple(methods) == ("pin",):
        mfa.require_usable_pin(user, at=at)
    _void_open(subject_id=subject_id, actor=f"person:{user.pk}", at=at)
    challenge = Challenge.objects.create(
        user=user,
        purpose=purpose,
        subject_id=subject_id,
        payload_hash=payload_hash(user_id=user.pk, purpose=purpose, subject_id=subject_id, payload=payload),
        methods=list(methods),
        created_at=at,
        expires_at=at + CHALLENGE_LIVES,
    )
    _record(challenge, before="", after=State.OPEN, actor=f"person:{user.pk}", cause="opened", at=at)
    if tuple(methods) == ("password",):
        mfa.ask_password(user=user, challenge_id=challenge.pk, expires_at=challenge.expires_at)
    return challenge


def send_code(*, challenge_id: UUID, user: User, method: str, at: datetime, origin: Origin) -> datetime:
    """Sends the code for this challenge by ``method`` (``sms`` or ``email``); returns when one may be sent again.

    Raises NotFound, ChallengeExpired, ChallengeUsed, ChallengeLocked, Invalid (method), RateLimited.
    """
    with db.transaction():
        challenge = _mine(challenge_id, user, lock=True)
        _refuse_unless_live(challenge, at=at)
        if method not in CODE_METHODS or method not in challenge.methods:
            raise Invalid({"method": "method_not_offered"})
        shown = purposes[challenge.purpose].show(challenge.subject_id)
        return mfa.issue_code(
            user=user,
            challenge_id=challenge.pk,
            method=method,
            context={"title": shown.title, "amount": shown.amount, "payee": shown.payee},
            expires_at=challenge.expires_at,
            resend_after=RESEND_AFTER,
            sends_max=SENDS_MAX,
            at=at,
        )


def answer(*, challenge_id: UUID, user: User, method: str, code: str, at: datetime, origin: Origin) -> Answered:
    """Checks the answer, then carries out what was to be confirmed.

    Three commits in this order: the count of tries; ANSWERED; the room's own transaction, which consumes the
    challenge. Whatever fails later takes nothing back from an earlier one. Must be called outside a transaction.
    Raises NotFound, ChallengeExpired, ChallengeUsed, ChallengeLocked, ChallengeVoid, CodeWrong, PinLocked,
    PinResetRequired, RateLimited, Invalid (method), and what the room's ``confirm`` raises.
    """
    db.refuse_in_transaction()
    challenge = _mine(challenge_id, user)
    _refuse_unless_live(challenge, at=at)
    if method not in challenge.methods:
        raise Invalid({"method": "method_not_offered"})
    try:
        mfa.verify(user=user, challenge_id=challenge.pk, method=method, secret=code, at=at, origin=origin)
    except (CodeWrong, PinLocked, PinResetRequired) as refusal:
        if refusal.params.get("tries_left", 0) == 0:
            _close(challenge, State.LOCKED, cause="too_many_tries", at=at)
        raise
    _mark_answered(challenge, method=method, at=at)
    purpose = purposes[challenge.purpose]
    outcome = purpose.confirm(subject_id=challenge.subject_id, challenge_id=challenge.pk, origin=origin, at=at)
    return Answered(challenge, outcome)


def consume(*, challenge_id: UUID, payload: Mapping[str, Any], at: datetime) -> Authority:
    """Uses an answered challenge up for ``payload``, exactly once, and returns it as the authority to act under.

    Requires the caller's transaction: if that rolls back, the challenge is not used. It also starts the count of
    small payments anew (PSD2 RTS art. 16). Raises ChallengeVoid when the payload differs from the one it was opened
    for, ChallengeUsed, ChallengeExpired, ChallengeLocked, NotFound.
    """
    db.transaction_required()
    challenge = Challenge.objects.filter(pk=challenge_id).first()
    if challenge is None:
        raise NotFound
    bound = payload_hash(
        user_id=challenge.user_id, purpose=challenge.purpose, subject_id=challenge.subject_id, payload=payload
    )
    if bound != challenge.payload_hash:
        raise ChallengeVoid
    usable = Challenge.objects.filter(
        pk=challenge_id, consumed_at__isnull=True, state=State.ANSWERED, expires_at__gt=at
    )
    if not usable.update(consumed_at=at, state=State.CONSUMED):
        challenge.refresh_from_db()
        _refuse_unless_live(challenge, at=at)
        raise ChallengeExpired  # open and in time, but nobody answered it
    actor = f"person:{challenge.user_id}"
    _record(challenge, before=State.ANSWERED, after=State.CONSUMED, actor=actor, cause="confirmed", at=at)
    SmallAmountCounter.objects.filter(user_id=challenge.user_id).update(count=0, total_minor=0)
    return Authority("challenge", challenge.public_id)


def renew(*, challenge_id: UUID, user: User, at: datetime, origin: Origin) -> Challenge:
    """A new challenge for the same thing as it is now, while it still waits; the old one is void.

    It asks for what the newest challenge of the thing asks for: an old page never brings back a factor that was given
    already in the place of the one still to come. Raises NotFound, ChallengeUsed, PinRequired, PinLocked,
    PinResetRequired, and what the purpose's ``payload`` raises when the thing waits no more.
    """
    with db.transaction():
        old = _mine(challenge_id, user, lock=True)
        if old.state == State.CONSUMED:
            raise ChallengeUsed
        # The payload first: whoever proves a factor in between leaves us a payload that no longer fits, never a new
        # payload with the old factor.
        payload = purposes[old.purpose].payload(old.subject_id)
        newest = _newest(old)
        if newest.state == State.CONSUMED:
            raise ChallengeUsed
        return open_challenge(
            user=user,
            purpose=old.purpose,
            subject_id=old.subject_id,
            payload=payload,
            methods=newest.methods,
            at=at,
        )


def cancel(*, challenge_id: UUID, user: User, at: datetime, origin: Origin) -> Challenge:
    """The person gives the thing up instead of confirming it: the room releases it, if it still waits.

    The newest challenge of the thing decides: an old page never undoes what was confirmed on a newer one. Raises
    NotFound, ChallengeUsed, and what the purpose's ``release`` raises.
    """
    challenge = _mine(challenge_id, user)
    if State.CONSUMED in {challenge.state, _newest(challenge).state}:
        raise ChallengeUsed
    release = purposes[challenge.purpose].release
    if release is not None:
        release(subject_id=challenge.subject_id, origin=origin, at=at)
    with db.transaction():
        _void_open(subject_id=challenge.subject_id, actor=f"person:{user.pk}", cause="cancelled", at=at)
    return challenge


def void(*, subject_id: UUID, actor: str, cause: str, at: datetime) -> None:
    """Closes the challenge of a thing that waits no more. Requires the transaction that ends the thing."""
    db.transaction_required()
    _void_open(subject_id=subject_id, actor=actor, cause=cause, at=at)


def expire_challenges(*, at: datetime) -> int:
    """Closes challenges nobody answered in time and forgets their codes; returns how many were closed."""
    with db.transaction():
        due = list(
            Challenge.objects.select_for_update(skip_locked=True)
            .filter(state=State.OPEN, expires_at__lte=at)
            .order_by("expires_at")[:EXPIRE_BATCH]
        )
        Challenge.objects.filter(pk__in=[challenge.pk for challenge in due]).update(state=State.EXPIRED)
        ChallengeEvent.objects.bulk_create(
            _event(one, before=State.OPEN, after=State.EXPIRED, actor="worker", cause="time", at=at) for one in due
        )
    mfa.forget_expired(at=at)
    return len(due)


# --- helpers


def _mine(challenge_id: UUID, user: User, *, lock: bool = False) -> Challenge:
    rows = Challenge.objects.select_for_update() if lock else Challenge.objects.all()
    challenge = rows.filter(pk=challenge_id, user=user).first()
    if challenge is None:
        raise NotFound
    return challenge


def _newest(challenge: Challenge) -> Challenge:
    same = Challenge.objects.filter(subject_id=challenge.subject_id)
    return same.order_by("-created_at", "-id").first() or challenge


def _refuse_unless_live(challenge: Challenge, *, at: datetime) -> None:
    if challenge.state == State.CONSUMED:
        raise ChallengeUsed
    if challenge.state == State.LOCKED:
        mfa.refuse_if_locked(challenge.user, at=at)
        raise ChallengeLocked
    if challenge.state == State.EXPIRED or at >= challenge.expires_at:
        raise ChallengeExpired


def _mark_answered(challenge: Challenge, *, method: str, at: datetime) -> None:
    """OPEN → ANSWERED. Of two right answers at once the second finds it answered and goes on to ``confirm``."""
    with db.transaction():
        is_open = Challenge.objects.filter(pk=challenge.pk, state=State.OPEN, expires_at__gt=at)
        if is_open.update(state=State.ANSWERED, answered_at=at, method_used=method):
            actor = f"person:{challenge.user_id}"
            _record(challenge, before=State.OPEN, after=State.ANSWERED, actor=actor, cause=method, at=at)
    challenge.refresh_from_db()
    _refuse_unless_live(challenge, at=at)


def _void_open(*, subject_id: UUID, actor: str, at: datetime, cause: str = "replaced") -> None:
    """Closes what is open for a subject, and ends what was answered but never consumed."""
    for challenge in Challenge.objects.select_for_update().filter(subject_id=subject_id).order_by("id"):
        if challenge.state == State.OPEN:
            _close(challenge, State.EXPIRED, cause=cause, at=at, actor=actor)
    Challenge.objects.filter(subject_id=subject_id, state=State.ANSWERED, expires_at__gt=at).update(expires_at=at)


def _close(challenge: Challenge, state: State, *, cause: str, at: datetime, actor: str = "") -> None:
    with db.transaction_if_not_already():
        if Challenge.objects.filter(pk=challenge.pk, state=State.OPEN).update(state=state):
            actor = actor or f"person:{challenge.user_id}"
            _record(challenge, before=State.OPEN, after=state, actor=actor, cause=cause, at=at)


def _record(challenge: Challenge, *, before: str, after: str, actor: str, cause: str, at: datetime) -> None:
    _event(challenge, before=before, after=after, actor=actor, cause=cause, at=at).save(force_insert=True)


def _event(challenge: Challenge, *, before: str, after: str, actor: str, cause: str, at: datetime) -> ChallengeEvent:
    return ChallengeEvent(
        challenge=challenge, from_state=before, to_state=after, actor=actor, cause=cause, occurred_at=at
    )
