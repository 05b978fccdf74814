"""Find somebody to pay, trust them, remove them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.audit.services import publish
from accounts.identity.models import User
from accounts.identity.policy import Identifier, mask_identifier, shown_to
from accounts.identity.selectors import find_person
from accounts.stepup import services as stepup
from accounts.stepup.registry import Outcome, Shown
from ledger.errors import AccountFrozen
from transfers.payees.errors import PayeeCannotReceive, SelfTransfer
from transfers.payees.events import PayeeRemoved, PayeeTrusted
from transfers.payees.models import Payee
from transfers.payees.policy import TRUST_PURPOSE, trust_payload
from transfers.payees.presentation import payee_json
from transfers.payees.selectors import is_first_time, payee_of, was_paid
from wallet_project.lib import db, ids, rows
from wallet_project.lib.crypto import blind_index
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.stepup.models import Challenge
    from wallet_project.lib.origin import Origin

# The row of (payer, identifier, person) is made once and found ever after. Its shown name follows what the payer may
# see now; the person never changes. The conflict target is the constraint transfers_payee_once.
_REMEMBER = f"""
INSERT INTO transfers_payee AS kept ({rows.columns(Payee)}) VALUES ({rows.placeholders(Payee)})
ON CONFLICT (payer_id, kind, identifier_index, user_id) DO UPDATE SET shown_name = excluded.shown_name
RETURNING {rows.columns(Payee, prefix="kept.")}
"""  # noqa: S608  # column names of our own model


@dataclass(frozen=True, slots=True)
class Resolved:
    """A payee, and whether the payer has ever paid that person."""

    payee: Payee
    first_time: bool


def resolve(*, payer: User, identifier: str, at: datetime) -> Resolved:
    """The payee behind a handle, an e-mail address or a phone number.

    Known and unknown people get the same kind of answer from the same statements (behaviour.md §3), so a look-up does
    not tell who has a wallet. Raises IdentifierMalformed, SelfTransfer.
    """
    with db.transaction_if_not_already():
        found = find_person(identifier, payer.country)
        person, wanted = found.user, Identifier(found.kind, found.normalised)
        if person is not None and person.pk == payer.pk:
            raise SelfTransfer
        paid_before = was_paid(payer, person)
        payee = Payee(
            id=ids.uuid7(at),
            payer=payer,
            user=person,
            kind=wanted.kind,
            identifier=wanted.value,
            identifier_index=blind_index(wanted.value, f"payee.{wanted.kind}"),
            shown_name=mask_identifier(wanted) if person is None else shown_to(paid_before, person, wanted),
            created_at=at,
        )
        return Resolved(_remembered(payee), first_time=not paid_before)


def _remembered(payee: Payee) -> Payee:
    return next(iter(Payee.objects.raw(_REMEMBER, rows.values(payee))))


def remove_payee(*, payer: User, payee_id: UUID, origin: Origin, at: datetime) -> None:
    """Takes a payee off the payer's list and ends its trust; receipts keep the name. Raises NotFound."""
    with db.transaction():
        payee = payee_of(payer, payee_id)
        if payee.hidden_at is not None:
            return
        payee.hidden_at = at
        payee.trusted_at = None
        payee.save(update_fields=["hidden_at", "trusted_at"])
        removed = PayeeRemoved(payee_id=payee.pk, payer_id=payer.pk)
        publish(removed, actor=f"person:{payer.pk}", subject_id=payee.pk, origin=origin, at=at)


# --- trust: paying this payee needs no confirmation, so trusting one does (PSD2 RTS art. 13)


def ask_to_trust(*, payer: User, payee_id: UUID, at: datetime) -> tuple[Payee, Challenge | None]:
    """Opens the confirmation after which the payee is trusted; None when it already is.

    Raises NotFound, PayeeCannotReceive (nobody is behind the contact yet), PinRequired, AccountFrozen.
    """
    with db.transaction():
        _require_active(payer.pk)
        payee = payee_of(payer, payee_id)
        if payee.user_id is None:
            raise PayeeCannotReceive
        if payee.trusted_at is not None:
            return payee, None
        payload = trust_payload(payee)
        return payee, stepup.open_challenge(
            user=payer, purpose=TRUST_PURPOSE, subject_id=payee.pk, payload=payload, at=at
        )


def confirm_trust(*, subject_id: UUID, challenge_id: UUID, origin: Origin, at: datetime) -> Outcome:
    """Trusts the payee under the answered challenge.

    Raises NotFound, AccountFrozen (else a thief whose access was stopped would have prepared their payment) and what
    ``stepup.consume`` raises.
    """
    with db.transaction():
        payee = Payee.objects.select_for_update().filter(pk=subject_id).first()
        if payee is None or payee.user_id is None:
            raise NotFound
        _require_active(payee.payer_id)
        stepup.consume(challenge_id=challenge_id, payload=trust_payload(payee), at=at)
        payee.trusted_at = at
        payee.hidden_at = None
        payee.save(update_fields=["trusted_at", "hidden_at"])
        trusted = PayeeTrusted(payee_id=payee.pk, payer_id=payee.payer_id, person_id=payee.user_id)
        publish(trusted, actor=f"person:{payee.payer_id}", subject_id=payee.pk, origin=origin, at=at)
    return Outcome(resource=payee_json(payee, first_time=is_first_time(payee)))


def _require_active(user_id: UUID) -> None:
    if not User.objects.filter(pk=user_id, state=User.State.ACTIVE).exists():
        raise AccountFrozen


# --- what step-up asks this room for


def payload_of_trust(subject_id: UUID) -> dict[str, Any]:
    """What the confirmation is bound to, as it is now. Raises NotFound."""
    return trust_payload(_waiting(subject_id))


def show_trust(subject_id: UUID) -> Shown:
    """What a person reads before they confirm. Raises NotFound."""
    payee = _waiting(subject_id)
    return Shown(
        title=_("Trust %(name)s") % {"name": payee.shown_name},
        lines=[(_("What changes"), _("Payments to them need no confirmation"))],
        amount=None,
        payee=payee.shown_name,
        after_url=reverse("send"),
    )


def _waiting(payee_id: UUID) -> Payee:
    payee = Payee.objects.filter(pk=payee_id).first()
    if payee is None:
        raise NotFound
    return payee
