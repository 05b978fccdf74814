"""What a payee's trust is bound to. No queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wallet_project.lib import ids

if TYPE_CHECKING:
    from transfers.payees.models import Payee

TRUST_PURPOSE = "payee.trust"
PAYEES_PREFIX = "pye"


def public_id(payee: Payee) -> str:
    """``pye_…``"""
    return ids.public(PAYEES_PREFIX, payee.pk)


def trust_payload(payee: Payee) -> dict[str, Any]:
    """What the confirmation of trust is bound to: who trusts whom, under which shown name."""
    return {
        "payer": str(payee.payer_id),
        "payee": public_id(payee),
        "person": str(payee.user_id),
        "shown_name": payee.shown_name,
    }
