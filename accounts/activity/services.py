"""Write down what a person will see of an operation, in the operation's own transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.activity import words
from accounts.activity.models import ActivityItem
from accounts.activity.policy import KINDS
from wallet_project.lib import db, rows
from wallet_project.lib.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """One side of one operation, as its person sees it.

    ``amount_minor`` is signed: IN above zero, OUT below. ``shown_name`` is the other side as this person saw it,
    already masked. ``reference`` is the operation's public id (``trf_…``); ``url_name`` is the page that takes it as
    its one argument.
    """

    user_id: UUID
    kind: str
    direction: str
    state: str
    amount_minor: int
    currency: str
    subject_kind: str
    subject_id: UUID
    reference: str
    occurred_at: datetime
    shown_name: str = ""
    note: str = ""
    category: str = ""
    url_name: str = ""


def record(*items: NewItem) -> list[ActivityItem]:
    """Writes the rows of an operation with one INSERT in the caller's transaction. Raises NotInTransaction.

    An unknown kind is a defect: KeyError. A second row for the same side of the same subject: IntegrityError.
    """
    db.transaction_required()
    made = [_row(item) for item in items]
    rows.insert(*made)
    return made


def change_state(*, subject_id: UUID, state: str, at: datetime) -> int:
    """Shows a new state on every row of the subject; how many there were. Raises NotInTransaction."""
    db.transaction_required()
    return ActivityItem.objects.filter(subject_id=subject_id).update(state=state, updated_at=at)


def correct_amount(*, subject_id: UUID, amount_minor: int, at: datetime) -> int:
    """Shows what an operation with one side really brought; how many rows there were. Raises NotInTransaction."""
    db.transaction_required()
    return ActivityItem.objects.filter(subject_id=subject_id).update(amount_minor=amount_minor, updated_at=at)


def change_states(*, subject_ids: Collection[UUID], state: str, at: datetime) -> int:
    """The same for many subjects in one statement."""
    db.transaction_required()
    return ActivityItem.objects.filter(subject_id__in=subject_ids).update(state=state, updated_at=at)


def _row(item: NewItem) -> ActivityItem:
    if item.kind not in KINDS:
        raise KeyError(item.kind)
    return ActivityItem(
        id=uuid7(item.occurred_at),
        user_id=item.user_id,
        kind=item.kind,
        direction=item.direction,
        state=item.state,
        amount_minor=item.amount_minor,
        currency=item.currency,
        shown_name=item.shown_name,
        note=item.note,
        category=item.category,
        search_words=words.marks(item.user_id, item.shown_name, item.note),
        subject_kind=item.subject_kind,
        subject_id=item.subject_id,
        reference=item.reference,
        url_name=item.url_name,
        occurred_at=item.occurred_at,
        updated_at=item.occurred_at,
    )
