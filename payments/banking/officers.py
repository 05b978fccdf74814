"""Who may decide: asked again by every verb of the desk, whatever its page has asked already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.audit.selectors import events_of
from payments.banking.errors import AlreadyClaimed, NotPermitted, OwnEdit, SelfApproval, StateConflict
from payments.banking.events import BankAccountCorrected

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.identity.models import User
    from payments.banking.models import BankAccount, Withdrawal

REVIEW = "payments.review_withdrawal"
SECOND = "payments.second_approve_withdrawal"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the officer's page showed: how often the withdrawal had moved, which revision of the account it goes to,
    and which first approval is to be joined (None for the first)."""

    revision: int
    account_revision: int
    approval_id: UUID | None


def seen_of(withdrawal: Withdrawal, account: BankAccount) -> Seen:
    """What a page that shows these rows shows."""
    return Seen(withdrawal.revision, account.revision, withdrawal.approval_id)


def require_seen(withdrawal: Withdrawal, account: BankAccount, seen: Seen) -> None:
    """Raises StateConflict when anything has changed since the officer's page was made: nobody approves unseen."""
    if seen != seen_of(withdrawal, account):
        raise StateConflict(status=str(withdrawal.status))


def require_officer(by: User, permission: str) -> None:
    """Raises NotPermitted unless ``by`` is staff and holds the permission."""
    if not (by.is_staff and by.has_perm(permission)):
        raise NotPermitted


def require_unclaimed(withdrawal: Withdrawal, by: User) -> None:
    """Raises AlreadyClaimed while another officer works on it."""
    if withdrawal.claimed_by_id is not None and withdrawal.claimed_by_id != by.pk:
        raise AlreadyClaimed


def require_independent(withdrawal: Withdrawal, account: BankAccount, by: User) -> None:
    """Raises SelfApproval for the person themself and for who approved first, OwnEdit for who ever edited the account.

    The database refuses the same (migrations 0004, 0009).
    """
    if by.pk in (withdrawal.user_id, withdrawal.approved_by_id):
        raise SelfApproval
    if by.pk == account.last_editor_id or _has_corrected(by, account):
        raise OwnEdit


def _has_corrected(by: User, account: BankAccount) -> bool:
    """From the trail: another officer's correction after one's own does not make it somebody else's account."""
    corrected = events_of(account.pk).filter(name=BankAccountCorrected.name)
    return corrected.filter(actor_kind="staff", actor_id=str(by.pk)).exists()
