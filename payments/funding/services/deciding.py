"""Top-ups that do not match: two officers credit what the provider really received, or close one it gave back.

The provider is read before the proposal and before the decision; what it said is kept on the row and is part of what is
agreed on. Giving back itself is done at the provider: here it counts once the provider says that everything went back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.activity.services import correct_amount
from accounts.approvals import services as approvals
from accounts.approvals.errors import NotPermitted, SelfApproval
from accounts.approvals.policy import require_reason
from ledger.money import Money
from payments.funding import policy
from payments.funding.records import get, lock
from payments.funding.services import outcomes
from payments.funding.services.starting import CARDS
from payments.funding.services.stopping import ProviderUnavailable
from payments.funding.states import TopUpStatus
from payments.providers.base import ProviderError
from wallet_project.lib import db, ids
from wallet_project.lib.errors import WalletError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.approvals.models import Approval
    from accounts.identity.models import User
    from payments.funding.models import TopUp
    from payments.providers.base import PaymentNow
    from wallet_project.lib.origin import Origin

CREDIT, GIVEN_BACK = "top_up_credit_received", "top_up_given_back"
PURPOSES = (CREDIT, GIVEN_BACK)
DECIDE = "payments.decide_topup"


class NotWaiting(WalletError):
    """It does not wait for a decision of the desk."""

    code = "state_conflict"


class NotAsSaid(WalletError):
    """What the provider says does not fit the decision. ``why`` is a code."""

    code = "top_up_not_as_said"


def propose(
    *, purpose: str, top_up_id: UUID, by: User, reason: str, evidence: str, origin: Origin, at: datetime
) -> Approval:
    """Reads the provider, then asks for a second officer. Nothing moves.

    Raises NotPermitted, ReasonMissing, NotFound, NotWaiting, ProviderUnavailable, NotAsSaid, SelfApproval (it is one's
    own), AlreadyProposed.
    """
    if not (by.is_staff and by.has_perm(DECIDE)):
        raise NotPermitted
    said = f"{require_reason(reason)} · {require_reason(evidence)}"
    _require_sound(read_now(top_up_id=top_up_id, at=at), top_up_id=top_up_id, purpose=purpose)
    with db.transaction():
        top_up = lock(top_up_id)
        _require_not_own(top_up, by=by)
        _require(top_up, purpose=purpose, at=at)
        before = _payload(top_up, status=TopUpStatus.MISMATCH)
        return approvals.propose(
            purpose=purpose, subject_id=top_up_id, maker=by, reason=said, before=before, origin=origin, at=at
        )


def read_now(*, top_up_id: UUID, at: datetime) -> PaymentNow:
    """Keeps what the provider says it received and gave back, and returns it.

    Raises NotFound, NotWaiting, ProviderUnavailable.
    """
    top_up = get(top_up_id)
    if top_up.status != TopUpStatus.MISMATCH:
        raise NotWaiting
    try:
        now = CARDS.read(provider_id=top_up.provider_id)
    except ProviderError as error:
        raise ProviderUnavailable from error
    with db.transaction():
        row = lock(top_up_id)
        if row.status != TopUpStatus.MISMATCH:
            raise NotWaiting
        received = now.received or Money(0, row.currency)
        row.received_minor, row.received_currency = received.amount_minor, received.currency
        row.given_back_minor, row.read_at = now.given_back_minor, at
        row.save(update_fields=["received_minor", "received_currency", "given_back_minor", "read_at"])
    return now


def obstacle(top_up: TopUp, *, purpose: str) -> str:
    """Why what the provider said does not allow it, as a code; "" when it does."""
    if not top_up.received_minor:
        return "nothing_received"
    if purpose == GIVEN_BACK:
        return "" if top_up.given_back_minor == top_up.received_minor else "not_given_back"
    if top_up.given_back_minor:
        return "given_back"
    return "" if top_up.received_currency == top_up.currency else "other_currency"


def _require_sound(now: PaymentNow, *, top_up_id: UUID, purpose: str) -> None:
    """Money of another top-up, or that its card's owner wants back, is not credited. Raises NotAsSaid."""
    if purpose == CREDIT and now.reference != str(top_up_id):
        raise NotAsSaid(why="other_reference")
    if purpose == CREDIT and now.is_disputed:
        raise NotAsSaid(why="disputed")


def _require(top_up: TopUp, *, purpose: str, at: datetime) -> None:
    if top_up.status != TopUpStatus.MISMATCH:
        raise NotWaiting
    is_fresh = top_up.read_at is not None and at - top_up.read_at <= policy.READING_FRESH_FOR
    why = obstacle(top_up, purpose=purpose) if is_fresh else "not_read"
    if why:
        raise NotAsSaid(why=why)


def _require_not_own(top_up: TopUp, *, by: User) -> None:
    if top_up.user_id == by.pk:
        raise SelfApproval


# --- what accounts/approvals calls


def payload_of_credit(subject_id: UUID) -> dict[str, Any]:
    """What would happen. Raises NotFound, NotWaiting."""
    return _payload(_waiting(subject_id), status=TopUpStatus.CREDITED)


def payload_of_given_back(subject_id: UUID) -> dict[str, Any]:
    """The same for one whose money went back."""
    return _payload(_waiting(subject_id), status=TopUpStatus.FAILED)


def _waiting(top_up_id: UUID) -> TopUp:
    top_up = get(top_up_id)
    if top_up.status != TopUpStatus.MISMATCH:
        raise NotWaiting
    return top_up


def _payload(top_up: TopUp, *, status: TopUpStatus) -> dict[str, Any]:
    return {
        "status": status.value,
        "top_up": ids.public("top", top_up.pk),
        "person": str(top_up.user_id),
        "payment": top_up.provider_payment_id,
        "amount_minor": top_up.amount_minor,
        "currency": top_up.currency,
        "received_minor": top_up.received_minor,
        "received_currency": top_up.received_currency,
        "given_back_minor": top_up.given_back_minor,
    }


def look_first(*, subject_id: UUID, approval: Approval, checker: User, origin: Origin, at: datetime) -> None:
    """The provider is read once more; another answer voids the proposal.

    Raises SelfApproval, ProviderUnavailable, NotAsSaid.
    """
    top_up = get(subject_id)
    _require_not_own(top_up, by=checker)
    if top_up.status == TopUpStatus.MISMATCH:
        _require_sound(read_now(top_up_id=subject_id, at=at), top_up_id=subject_id, purpose=approval.purpose)


def execute_credit(*, subject_id: UUID, approval: Approval, origin: Origin, at: datetime) -> None:
    """MISMATCH → CREDITED with what was received. Raises NotWaiting, NotAsSaid, and what the wallet refuses."""
    db.transaction_required()
    top_up = lock(subject_id)
    _require(top_up, purpose=CREDIT, at=at)
    received = Money(top_up.received_minor or 0, top_up.currency)
    correct_amount(subject_id=top_up.pk, amount_minor=received.amount_minor, at=at)
    outcomes.credit(top_up=top_up, received=received, cause=CREDIT, at=at, actor=f"staff:{approval.checker_id}")


def execute_given_back(*, subject_id: UUID, approval: Approval, origin: Origin, at: datetime) -> None:
    """MISMATCH → FAILED: its money is on the card again and its limit is given back. Raises NotWaiting, NotAsSaid."""
    db.transaction_required()
    top_up = lock(subject_id)
    _require(top_up, purpose=GIVEN_BACK, at=at)
    outcomes.end(
        top_up=top_up,
        status=TopUpStatus.FAILED,
        reason=policy.GIVEN_BACK,
        cause=GIVEN_BACK,
        at=at,
        actor=f"staff:{approval.checker_id}",
    )
