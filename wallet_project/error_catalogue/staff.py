"""Refusals at the desk: what a member of staff cannot do, and why."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from wallet_project.error_catalogue.general import CORRECT
from wallet_project.lib.describing import Entry

DESK = (
    Entry(
        "self_approval",
        403,
        _("Someone else must decide"),
        _("You proposed, requested or edited this, so you cannot approve it."),
        _("Ask a colleague to decide."),
    ),
    Entry(
        "not_permitted",
        403,
        _("Not your decision"),
        _("Your role cannot decide about this."),
        _("Ask a colleague whose role can."),
    ),
    Entry(
        "approval_expired",
        409,
        _("Open for too long"),
        _("The time to decide about this has run out."),
        _("Propose it again if it is still needed."),
    ),
    Entry(
        "approval_void",
        409,
        _("Something changed"),
        _("What was proposed has changed since, so nobody can approve it any more. Nothing was done."),
        _("Look at it again and start over."),
    ),
    Entry(
        "reason_missing",
        400,
        _("Reason missing"),
        _("A decision against someone needs a reason."),
        CORRECT,
    ),
)
