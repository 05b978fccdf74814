"""Ways out of a payment the bank's messages do not end, as the page of its withdrawal offers them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.utils.translation import gettext_lazy as _

from accounts.approvals.selectors import open_for
from payments.banking.errors import StateConflict
from payments.banking.states import AT_THE_BANK, WithdrawalStatus
from payments.payouts.services.correcting import item_of
from payments.reconciliation import corrections
from payments.reconciliation.errors import MayBePaid
from payments.reconciliation.services import as_booked, not_paid, propose_as_booked, propose_not_paid
from payments.reconciliation.services.evidence import Obstacle
from support.cases.forms import ProposeForm
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from django.utils.functional import Promise

    from accounts.approvals.models import Approval
    from accounts.approvals.registry import Line
    from accounts.identity.models import User
    from payments.banking.models import Withdrawal
    from payments.payouts.models import PayoutItem
    from wallet_project.lib.origin import Origin


class Propose(Protocol):
    """A verb that asks for a second officer."""

    def __call__(
        self, *, withdrawal_id: UUID, by: User, reason: str, evidence: str, origin: Origin, at: datetime
    ) -> Approval: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """One way out: its words and its verb."""

    title: str | Promise
    what: str | Promise
    button: str | Promise
    propose: Propose


WAYS: dict[str, Kind] = {
    not_paid.PURPOSE: Kind(
        _("The bank never paid it"),
        _("The withdrawal fails and all of the money is available to the customer again. It can never be sent again."),
        _("Ask the bank and propose the release"),
        propose_not_paid,
    ),
    as_booked.PURPOSE: Kind(
        _("The bank booked another amount"),
        _("It counts as arrived with what was booked. What was not paid goes back to the wallet, more is our loss."),
        _("Propose to settle it as booked"),
        propose_as_booked,
    ),
}


@dataclass(frozen=True, slots=True)
class Way:
    """A way out as one officer sees it. ``open`` is the proposal that waits; ``missing`` says why none can be made."""

    purpose: str
    kind: Kind
    known: Sequence[Line]
    missing: str | Promise
    form: ProposeForm
    is_opened: bool
    open: Approval | None


def ways_of(
    withdrawal: Withdrawal, *, officer: User, proposed: tuple[str, ProposeForm] | None, at: datetime
) -> list[Way]:
    """Those that fit where the withdrawal stands, for officers who may correct payments."""
    if not officer.has_perm(not_paid.CORRECT) or withdrawal.status not in {*AT_THE_BANK, WithdrawalStatus.SENT}:
        return []
    try:
        item = item_of(withdrawal.pk)
    except NotFound:
        return []
    ways = []
    for purpose, look in ((not_paid.PURPOSE, _not_paid), (as_booked.PURPOSE, _as_booked)):
        try:
            known, missing = look(item, at)
        except StateConflict:
            continue
        is_opened = proposed is not None and proposed[0] == purpose
        form = proposed[1] if proposed is not None and is_opened else ProposeForm(auto_id=f"{purpose}_%s")
        ways.append(Way(purpose, WAYS[purpose], known, missing, form, is_opened, open_for(purpose, withdrawal.pk)))
    return ways


def _not_paid(item: PayoutItem, at: datetime) -> tuple[Sequence[Line], str | Promise]:
    """That the bank was not asked just now hinders nobody: proposing asks it."""
    missing: str | Promise = ""
    try:
        not_paid.require_not_paid(item, at=at)
    except MayBePaid as doubt:
        if doubt.params["why"] != Obstacle.NOT_ASKED:
            missing = corrections.OBSTACLES[doubt.params["why"]]
    return corrections.evidence_of_not_paid(item.withdrawal_id)[:2], missing


def _as_booked(item: PayoutItem, at: datetime) -> tuple[Sequence[Line], str | Promise]:
    return corrections.movement_lines(as_booked.require_booked_otherwise(item).findings), ""
