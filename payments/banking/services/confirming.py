"""Confirm a withdrawal: use the challenge up, screen it by the rules, approve it or have a person look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.activity import services as activity
from accounts.audit.services import publish
from accounts.identity.models import User
from accounts.stepup import services as stepup
from accounts.stepup.errors import ChallengeExpired
from accounts.stepup.registry import Outcome
from ledger.errors import AccountFrozen
from payments.banking import events, policy, records
from payments.banking.conditions import failing
from payments.banking.presentation import withdrawal_json
from payments.banking.services.screening import screen, write_down
from payments.banking.states import WithdrawalStatus as Status
from wallet_project.lib import db
from wallet_project.lib.failpoints import failpoint

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from payments.banking.models import BankAccount, Withdrawal
    from wallet_project.lib.origin import Origin


def confirm_withdrawal(*, subject_id: UUID, challenge_id: UUID, origin: Origin, at: datetime) -> Outcome:
    """Takes an AWAITING_STEP_UP withdrawal under its answered challenge through screening: APPROVED when every
    condition holds, else UNDER_REVIEW (``awaited``).

    Confirm, cancel and expiry queue at its row: exactly one of them happens. Raises NotFound, ChallengeVoid (also when
    an officer corrected the account meanwhile), ChallengeUsed, ChallengeExpired (also when its 15 minutes are over),
    StateConflict, AccountFrozen. After a refusal it waits on, until it is cancelled or expires.
    """
    with db.transaction():
        withdrawal = records.lock(subject_id)
        account = records.account_of(withdrawal)
        authority = stepup.consume(challenge_id=challenge_id, payload=policy.payload(withdrawal, account), at=at)
        policy.require_status(withdrawal, Status.AWAITING_STEP_UP)
        if at >= withdrawal.expires_at:
            raise ChallengeExpired
        if not User.objects.filter(pk=withdrawal.user_id, state=User.State.ACTIVE).exists():
            raise AccountFrozen
        withdrawal.authority_kind, withdrawal.authority_reference = authority.kind, authority.reference
        withdrawal.bank_account_revision = account.revision
        _screen(withdrawal, account, origin=origin, at=at)
    failpoint("withdrawal.confirmed")
    return Outcome(resource=withdrawal_json(withdrawal), awaited=withdrawal.status == Status.UNDER_REVIEW)


def _screen(withdrawal: Withdrawal, account: BankAccount, *, origin: Origin, at: datetime) -> None:
    actor = f"person:{withdrawal.user_id}"
    records.move(withdrawal, Status.SCREENING, actor=actor, cause="confirmed", at=at)
    found = screen(withdrawal, account=account, at=at)
    write_down(withdrawal, conditions=found, at=at)
    failed = failing(found)
    event: events.WithdrawalFact
    if failed or withdrawal.second_approval_needed:
        withdrawal.review_due_at = policy.review_due(at)
        records.move(withdrawal, Status.UNDER_REVIEW, actor="rules", cause="conditions", at=at)
        event = events.WithdrawalUnderReview(**events.about(withdrawal), conditions=",".join(failed))
    else:
        withdrawal.auto_approved, withdrawal.approved_at = True, at
        records.move(withdrawal, Status.APPROVED, actor="rules", cause="conditions", at=at)
        event = events.WithdrawalApproved(**events.about(withdrawal), is_automatic=True)
    activity.change_state(subject_id=withdrawal.pk, state=withdrawal.status, at=at)
    publish(event, actor="rules", subject_id=withdrawal.pk, origin=origin, at=at)
