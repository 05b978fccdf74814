"""What two people must agree on before it happens: a room registers each kind of act once.

The proposal itself (maker, payload hash, diff, checker, expiry) is one mechanism for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from wallet_project.lib.registry import Registry

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.functional import Promise

    from accounts.approvals.models import Approval
    from accounts.identity.models import User
    from wallet_project.lib.origin import Origin


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a payload as the desk shows it. ``key`` joins what was and what would be."""

    key: str
    label: str | Promise
    value: str


class Act(Protocol):
    """A room's part, called inside the decision's transaction."""

    def __call__(self, *, subject_id: UUID, approval: Approval, origin: Origin, at: datetime) -> object: ...


class Look(Protocol):
    """A room's last look before the decision, called outside any transaction."""

    def __call__(
        self, *, subject_id: UUID, approval: Approval, checker: User, origin: Origin, at: datetime
    ) -> object: ...


@dataclass(frozen=True, slots=True)
class ApprovalPurpose:
    """One kind of act that needs a second pair of eyes.

    ``payload`` gives what would happen now: ids, amounts and codes (canonical values; a change voids the proposal). It
    may raise a WalletError when the thing waits no more. ``execute`` does it once approved: it runs in the approval's
    transaction, so a refusal it raises leaves the proposal open and nothing done. ``permission`` is what the checker
    must hold, ``expires_after`` how long a proposal stays open.

    ``refused`` moves the room's row back when the proposal ended without being done; ``approval.status`` says how:
    REFUSED, EXPIRED, or VOIDED when the checker met a changed payload. It is not called for ``void``: there the room
    is acting already. ``lock`` locks the subject's row: it is called before the proposal's own row is locked, so a
    room that locks its row and then calls ``void`` never waits in a circle.
    ``lines`` puts a payload (or what was before) into words for the desk, ``url`` is the subject's page there.
    ``maker_permission`` is what the maker must still hold when the checker agrees: an agreement of two needs both.
    ``look_first`` is what must be asked elsewhere before somebody may agree, or kept even when it stops them (what a
    re-check found): it opens its own transactions, and a refusal it raises stops the approval. ``evidence`` is what is
    known about the subject now, shown beside an open proposal and never part of what is agreed on.
    """

    title: str | Promise
    permission: str
    payload: Callable[[UUID], Mapping[str, Any]]
    execute: Act
    expires_after: timedelta = timedelta(days=3)
    refused: Act | None = None
    lock: Callable[[UUID], object] | None = None
    lines: Callable[[Mapping[str, Any]], Sequence[Line]] | None = None
    url: Callable[[UUID], str] | None = None
    maker_permission: str = ""
    look_first: Look | None = None
    evidence: Callable[[UUID], Sequence[Line]] | None = None


purposes: Registry[ApprovalPurpose] = Registry("approval purpose")
