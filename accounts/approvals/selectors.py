"""Questions about proposals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min
from django.utils.text import capfirst

from accounts.approvals.models import Approval, Status
from accounts.approvals.registry import Line, purposes
from wallet_project.lib.desk import Waiting
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of the diff: what was, what would be. ``before`` is None where nothing was said about before."""

    label: str | Promise
    before: str | None
    after: str
    changed: bool


def waiting() -> Waiting:
    """How many proposals wait for a second person, and since when."""
    row = Approval.objects.filter(status=Status.PROPOSED).aggregate(count=Count("pk"), oldest=Min("proposed_at"))
    return Waiting(count=row["count"], oldest_at=row["oldest"])


def approval_by_id(approval_id: UUID) -> Approval:
    """With both people and its moves. Raises NotFound."""
    rows = Approval.objects.select_related("maker", "checker").prefetch_related("events")
    approval = rows.filter(pk=approval_id).first()
    if approval is None:
        raise NotFound
    return approval


def open_for(purpose: str, subject_id: UUID) -> Approval | None:
    """The proposal that waits for this subject, if any."""
    return Approval.objects.filter(purpose=purpose, subject_id=subject_id, status=Status.PROPOSED).first()


def differences(approval: Approval) -> list[Difference]:
    """The payload line by line beside what was before, in the words of its room; without a common line, the payload."""
    before = {line.key: line for line in _lines(approval.purpose, approval.before)} if approval.before else {}
    after = {line.key: line for line in _lines(approval.purpose, approval.payload)}
    if not before.keys() & after.keys():
        before = {}  # it speaks of other things: there is nothing to compare
    told = []
    for key in [*after, *(key for key in before if key not in after)]:
        old, new = before.get(key), after.get(key)
        old_value = old.value if old is not None else None
        new_value = new.value if new is not None else "—"
        label = (new or old).label  # type: ignore[union-attr]  # the key is in one of the two
        told.append(Difference(label, old_value, new_value, changed=old is not None and old_value != new_value))
    return told


def _lines(purpose: str, payload: Mapping[str, Any]) -> list[Line]:
    in_words = purposes[purpose].lines
    if in_words is not None:
        return list(in_words(payload))
    return [Line(key, capfirst(key.replace("_", " ")), str(value)) for key, value in payload.items()]
