"""What two officers decide about top-ups, registered when the app is ready."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.approvals.registry import ApprovalPurpose, purposes
from payments.funding.decisions import desk_page, evidence, lines
from payments.funding.records import lock
from payments.funding.services import deciding


def connect() -> None:
    """Called once when the app is ready."""
    common: dict[str, Any] = {
        "permission": deciding.DECIDE,
        "maker_permission": deciding.DECIDE,
        "lock": lock,
        "look_first": deciding.look_first,
        "lines": lines,
        "evidence": evidence,
        "url": desk_page,
    }
    purposes.register(
        deciding.CREDIT,
        ApprovalPurpose(
            title=_("Credit what was received"),
            payload=deciding.payload_of_credit,
            execute=deciding.execute_credit,
            **common,
        ),
    )
    purposes.register(
        deciding.GIVEN_BACK,
        ApprovalPurpose(
            title=_("Close a top-up that was given back"),
            payload=deciding.payload_of_given_back,
            execute=deciding.execute_given_back,
            **common,
        ),
    )
