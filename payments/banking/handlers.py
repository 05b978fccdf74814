"""What the room tells the house when it is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.approvals.registry import ApprovalPurpose, Line
from accounts.approvals.registry import purposes as approval_purposes
from accounts.stepup.registry import Purpose, purposes
from ledger.formatting import format_money
from ledger.money import Money
from payments.banking import services
from payments.banking.officers import REVIEW, SECOND
from payments.banking.policy import ACCOUNT_PURPOSE, PURPOSE
from payments.banking.receipt import LABELS
from wallet_project.lib.jobs import Job, jobs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

EXPIRE_TASK = "payments.banking.expire"


def connect() -> None:
    """Called once when the app is ready."""
    purposes.register(
        PURPOSE,
        Purpose(
            payload=services.payload_of_withdrawal,
            confirm=services.confirm_withdrawal,
            show=services.show_withdrawal,
            release=services.release_withdrawal,
        ),
    )
    purposes.register(
        ACCOUNT_PURPOSE,
        Purpose(
            payload=services.payload_of_account,
            confirm=services.confirm_bank_account,
            show=services.show_account,
            release=services.release_bank_account,
        ),
    )
    approval_purposes.register(
        PURPOSE,
        ApprovalPurpose(
            title=_("Pay a withdrawal"),
            permission=SECOND,
            maker_permission=REVIEW,
            payload=services.payload_for_approval,
            execute=services.execute_approval,
            refused=services.approval_ended,
            lock=services.lock_for_approval,
            look_first=services.look_again,
            lines=approval_lines,
            url=desk_page,
        ),
    )
    jobs.register(
        EXPIRE_TASK,
        Job(
            task=EXPIRE_TASK,
            every_seconds=15,
            queue="money",
            summary=_("Ends withdrawals and bank accounts nobody confirmed within 15 minutes, and releases the money."),
        ),
    )


def desk_page(subject_id: UUID) -> str:
    """Where officers see the withdrawal."""
    return reverse("admin:payments_withdrawal_change", args=[subject_id])


def approval_lines(payload: Mapping[str, Any]) -> list[Line]:
    """A proposal in words, for the desk."""
    lines = [
        Line(key, label, str(payload[key]))
        for key, label in (
            ("withdrawal", _("Withdrawal")),
            ("account", _("Bank account")),
            ("account_revision", _("Changes of the account")),
        )
        if key in payload
    ]
    if "status" in payload:
        lines.append(Line("status", _("Status"), str(LABELS[payload["status"]][1])))
    for key, label in (("amount_minor", _("Amount")), ("fee_minor", _("Fee"))):
        if key in payload:
            shown = format_money(Money(payload[key], payload["currency"]), get_language() or "en")
            lines.append(Line(key, label, shown))
    return lines
