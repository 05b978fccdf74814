"""A payee as apps see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transfers.payees.policy import public_id

if TYPE_CHECKING:
    from transfers.payees.models import Payee


def payee_json(payee: Payee, *, first_time: bool) -> dict[str, Any]:
    """One of the payer's payees; the keys are those of ``PayeeShape``."""
    return {
        "id": public_id(payee),
        "shown_name": payee.shown_name,
        "kind": payee.kind,
        "first_time": first_time,
        "times_paid": payee.paid_count,
        "last_paid_at": payee.last_paid_at,
        "trusted": payee.trusted_at is not None,
    }
