"""Send money to another person: one transaction from the limit to the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import OperationalError

from accounts.activity import services as activity
from accounts.audit.services import publish
from accounts.identity.policy import mask_name, own_contact
from accounts.limits import services as limits
from accounts.mfa.selectors import has_reduced_limits
from accounts.risk import services as risk
from accounts.risk.engine import Outcome as RiskOutcome
from accounts.stepup import services as stepup
from accounts.stepup.selectors import open_challenge_of
from ledger import services as ledger
from ledger.errors import AccountFrozen
from transfers.p2p import events, policy, postings, recording, selectors
from transfers.p2p.errors import AmountNotPositive, RequestInProgress
from transfers.p2p.facts import facts_of
from transfers.p2p.feed import receiver_item, sender_item
from transfers.p2p.models import Status, Transfer
from transfers.p2p.services.accounts import Accounts, accounts_for, receiver_refusals, require_sender
from transfers.payees.errors import PayeeCannotReceive
from wallet_project.lib import db, ids
from wallet_project.lib.api import IdempotencyKeyReused
from wallet_project.lib.errors import WalletError
from wallet_project.lib.failpoints import failpoint

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.identity.models import User
    from accounts.stepup.models import Challenge
    from accounts.stepup.policy import Authority
    from ledger.money import Money
    from transfers.p2p.selectors import Situation
    from wallet_project.lib.origin import Origin

_BUSY = frozenset({"55P03", "40P01", "40001"})
"""Lock not available, deadlock, serialisation failure: nothing happened; the same key may be tried again."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A transfer as it is now, and the confirmation it waits for, if any."""

    transfer: Transfer
    challenge: Challenge | None = None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request, cleaned."""

    sender: User
    payee_id: UUID
    amount: Money
    note: str
    category: str
    key: str
    fingerprint: str
    origin: Origin
    at: datetime

    @property
    def actor(self) -> str:
        return f"person:{self.sender.pk}"


class _TwinFinishedFirst(Exception):
    """Another request with the same key made the row while this one waited; everything of this one is undone."""


def send_money(
    *,
    sender: User,
    payee_id: UUID,
    amount: Money,
    idempotency_key: str,
    origin: Origin,
    at: datetime,
    note: str = "",
    category: str = "",
) -> Sent:
    """Sends ``amount`` to one of the sender's payees, or holds it until the sender confirms.

    The same key with the same request gives the same transfer, as it is now; a twin that still runs is waited for.
    Afterwards the transfer is COMPLETED, AWAITING_STEP_UP or UNDER_REVIEW (both: the funds are held), or DECLINED.

    Refusals leave no row and may be tried again with their key: NotFound (payee), NoteTooLong, CategoryUnknown,
    AmountNotPositive, IdempotencyKeyReused, PayeeCannotReceive, CurrencyMismatch, OverLimit, PinRequired, PinLocked,
    PinResetRequired, InsufficientFunds, AccountFrozen, RequestInProgress; looked at in this order: limits, risk,
    authority, funds.
    """
    if amount.amount_minor <= 0:
        raise AmountNotPositive({"amount_minor": "amount_not_positive"})
    require_sender(sender)
    note = policy.clean_note(note)
    category = policy.require_category(category)
    fingerprint = policy.fingerprint(payee_id=payee_id, amount=amount, note=note, category=category)
    asked = _Asked(sender, payee_id, amount, note, category, idempotency_key, fingerprint, origin, at)
    try:
        with db.transaction():
            return _send(asked)
    except IdempotencyKeyReused:
        raise
    except (WalletError, _TwinFinishedFirst):
        # A twin may have used up the limit or the money while this one waited for it: then this is its replay.
        made = selectors.by_key(sender_id=sender.pk, idempotency_key=idempotency_key)
        if made is None:
            raise
        return _replay(made, asked)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) in _BUSY:
            raise RequestInProgress from error
        raise


def _send(asked: _Asked) -> Sent:
    sender, at = asked.sender, asked.at
    found = selectors.situation(sender_id=sender.pk, payee_id=asked.payee_id, idempotency_key=asked.key)
    if found.existing_id is not None:
        return _replay(Transfer.objects.get(pk=found.existing_id), asked)
    if not found.can_send:  # frozen since they signed in: the caller's row is older than this statement
        raise AccountFrozen
    if found.receiver_id is None or not found.can_receive:
        raise PayeeCannotReceive
    accounts = accounts_for(sender_id=sender.pk, receiver_id=found.receiver_id, currency=asked.amount.currency)
    transfer = _new_transfer(asked, found, found.receiver_id)
    usage = limits.check(
        user_id=sender.pk,
        tier=sender.tier,
        product="SEND",
        amount=asked.amount,
        at=at,
        time_zone=sender.time_zone,
        reduced=has_reduced_limits(sender, at=at),
    )
    facts = facts_of(sender=sender, amount=asked.amount, situation=found, usage=usage, origin=asked.origin, at=at)
    decision = risk.assess(facts=facts, subject_kind="transfer", subject_id=transfer.pk, at=at)
    if decision.outcome is RiskOutcome.BLOCK:
        return _decline(transfer, asked, reason=decision.reason)
    if decision.outcome is RiskOutcome.REVIEW:
        return _hold(transfer, asked, accounts, status=Status.UNDER_REVIEW, cause=decision.reason)
    authority = None
    if decision.outcome is RiskOutcome.ALLOW:
        authority = stepup.exemption_for(user=sender, amount=asked.amount, trusted=found.trusted, at=at)
    if authority is None:
        return _hold(transfer, asked, accounts, status=Status.AWAITING_STEP_UP, cause=decision.reason or "confirm")
    return _complete(transfer, asked, accounts, authority)


def _new_transfer(asked: _Asked, found: Situation, receiver_id: UUID) -> Transfer:
    return Transfer(
        id=ids.uuid7(asked.at),
        sender_id=asked.sender.pk,
        receiver_id=receiver_id,
        payee_id=asked.payee_id,
        idempotency_key=asked.key,
        fingerprint=asked.fingerprint,
        amount_minor=asked.amount.amount_minor,
        fee_minor=policy.FEE_MINOR,
        currency=asked.amount.currency,
        note=asked.note,
        category=asked.category,
        payee_shown_name=found.shown_name,
        sender_shown_name=_name_for_receiver(asked.sender),
        created_at=asked.at,
        updated_at=asked.at,
    )


def _name_for_receiver(sender: User) -> str:
    """How the receiver sees who paid: the masked name, else the handle, else the masked contact."""
    if sender.shown_name:
        return mask_name(sender.shown_name)
    return f"@{sender.handle}" if sender.handle else own_contact(sender)


def _complete(transfer: Transfer, asked: _Asked, accounts: Accounts, authority: Authority) -> Sent:
    transfer.status = Status.COMPLETED
    transfer.authority_kind, transfer.authority_reference = authority.kind, authority.reference
    transfer.completed_at = asked.at
    _insert(transfer, asked, cause=authority.reference)
    activity.record(sender_item(transfer, at=asked.at), receiver_item(transfer, at=asked.at))
    _publish(events.TransferCompleted, transfer, asked)
    with receiver_refusals(accounts):
        ledger.post(postings.pay(accounts.movement(transfer), at=asked.at, actor=asked.actor))
    failpoint("transfers.posted")
    return Sent(transfer)


def _hold(transfer: Transfer, asked: _Asked, accounts: Accounts, *, status: Status, cause: str) -> Sent:
    """Reserves the funds and waits: for the sender's confirmation, or for staff."""
    transfer.status = status
    transfer.hold_id = postings.hold_id(transfer.pk)
    awaits_step_up = status == Status.AWAITING_STEP_UP
    transfer.expires_at = asked.at + policy.CONFIRM_WITHIN if awaits_step_up else None
    _insert(transfer, asked, cause=cause)
    challenge = None
    if awaits_step_up:
        challenge = stepup.open_challenge(
            user=asked.sender,
            purpose=policy.PURPOSE,
            subject_id=transfer.pk,
            payload=policy.payload(transfer),
            at=asked.at,
        )
    activity.record(sender_item(transfer, at=asked.at))
    _publish(events.TransferAwaitsStepUp if awaits_step_up else events.TransferUnderReview, transfer, asked)
    ledger.place_hold(
        hold_id=transfer.hold_id,
        account_id=accounts.sender,
        destination_account_id=accounts.receiver,
        amount=asked.amount,
        reason=postings.HOLD_REASON,
        expires_at=transfer.expires_at,
        at=asked.at,
    )
    failpoint("transfers.held")
    return Sent(transfer, challenge)


def _decline(transfer: Transfer, asked: _Asked, *, reason: str) -> Sent:
    """A rule said no: the row and the evidence stay, the limit is given back, nothing moves."""
    transfer.status = Status.DECLINED
    transfer.reason = reason
    _insert(transfer, asked, cause=reason)
    limits.give_back(
        user_id=asked.sender.pk,
        product="SEND",
        amount=asked.amount,
        at_of_use=asked.at,
    )
    activity.record(sender_item(transfer, at=asked.at))
    declined = events.TransferDeclined(**events.parties(transfer), reason=reason)
    publish(declined, actor=asked.actor, subject_id=transfer.pk, origin=asked.origin, at=asked.at)
    return Sent(transfer)


def _insert(transfer: Transfer, asked: _Asked, *, cause: str) -> None:
    if not recording.insert(transfer, actor=asked.actor, cause=cause, at=asked.at):
        raise _TwinFinishedFirst


def _publish(kind: type[events.TransferFact], transfer: Transfer, asked: _Asked) -> None:
    event = kind(**events.parties(transfer))
    publish(event, actor=asked.actor, subject_id=transfer.pk, origin=asked.origin, at=asked.at)


def _replay(made: Transfer, asked: _Asked) -> Sent:
    """The transfer as it is now, with the challenge that is open for it, never a new one."""
    if made.fingerprint != asked.fingerprint:
        raise IdempotencyKeyReused
    challenge = open_challenge_of(made.pk) if made.status == Status.AWAITING_STEP_UP else None
    return Sent(made, challenge, replayed=True)
