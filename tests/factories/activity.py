"""Rows of the feed for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from accounts.activity.services import NewItem, record
from tests.factories.people import now
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from accounts.activity.models import ActivityItem
    from accounts.identity.models import User


def new_item(user: User, minor: int = -1_000, **fields: Any) -> NewItem:
    """A completed transfer of EUR 10.00 to Mei C••• unless told otherwise; the sign gives the direction."""
    subject = uuid4()
    values: dict[str, Any] = {
        "kind": "transfer",
        "direction": "IN" if minor > 0 else "OUT",
        "state": "COMPLETED",
        "currency": "EUR",
        "shown_name": "Mei C•••",
        "note": "",
        "subject_kind": "transfer",
        "subject_id": subject,
        "reference": ids.public("trf", subject),
        "url_name": "transfer",
        "occurred_at": now(),
    }
    return NewItem(user_id=user.pk, amount_minor=minor, **(values | fields))


def happened(user: User, minor: int = -1_000, **fields: Any) -> ActivityItem:
    """One row in the feed of ``user``."""
    with db.transaction_if_not_already():
        (item,) = record(new_item(user, minor, **fields))
    return item
