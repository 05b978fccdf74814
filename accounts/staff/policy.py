"""The roles of staff and what each may see and do: groups as code, customised by nobody. No queries.

A permission is ``app.codename`` as ``has_perm`` takes it. Seeing is ``view_<model>``; everything done has a permission
of its own, asked for by the page and again by the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import Promise

SUPPORT = "support"
COMPLIANCE = "compliance"
COMPLIANCE_LEAD = "compliance_lead"
TREASURY = "treasury"

_SEES_PEOPLE_AND_MONEY = frozenset(
    {
        "accounts.view_user",
        "payments.view_bankaccount",
        "payments.view_topup",
        "payments.view_withdrawal",
        "support.view_helprequest",
        "transfers.view_transfer",
    }
)

_SUPPORT = _SEES_PEOPLE_AND_MONEY | {
    "accounts.force_pin_reset",
    "accounts.reveal_person",
    "accounts.view_paymentpindevice",
    "support.change_helprequest",  # close it
    "support.view_noticemessage",
}

_COMPLIANCE = _SEES_PEOPLE_AND_MONEY | {
    "accounts.change_user",  # freeze and unfreeze
    "accounts.reveal_person",
    "accounts.view_approval",
    "accounts.view_limitusage",
    "accounts.view_recordedevent",
    "accounts.view_riskdecision",
    "accounts.view_securityeventrecord",
    "payments.correct_bankaccount",
    "payments.review_withdrawal",
    "transfers.change_transfer",  # decide about those under review
}

_COMPLIANCE_LEAD = _COMPLIANCE | {
    "accounts.change_delivery",  # send a dead one on its way again
    "accounts.view_delivery",
    "accounts.view_jobrun",
    "payments.second_approve_withdrawal",
}

_TREASURY = frozenset(
    {
        "accounts.change_delivery",
        "accounts.view_approval",
        "accounts.view_delivery",
        "accounts.view_jobrun",
        "ledger.view_account",
        "ledger.view_check",
        "ledger.view_checkpoint",
        "ledger.view_entry",
        "ledger.view_hold",
        "payments.correct_payoutitem",  # two of them: it was never paid, or was paid with another amount
        "payments.decide_topup",  # two of them: credit what was received, or close what was given back
        "payments.resolve_bankmessage",  # close one with a problem, or have it followed again
        "payments.resolve_reconciliationbreak",
        "payments.view_bankmessage",
        "payments.view_bankstatement",
        "payments.view_clearingcheck",
        "payments.view_payoutbatch",
        "payments.view_payoutitem",
        "payments.view_providerevent",
        "payments.view_reconciliationbreak",
        "payments.view_topup",
        "payments.view_withdrawal",
    }
)

GROUPS: dict[str, frozenset[str]] = {
    SUPPORT: frozenset(_SUPPORT),
    COMPLIANCE: frozenset(_COMPLIANCE),
    COMPLIANCE_LEAD: frozenset(_COMPLIANCE_LEAD),
    TREASURY: _TREASURY,
}

TITLES: dict[str, str | Promise] = {
    SUPPORT: _("support"),
    COMPLIANCE: _("compliance"),
    COMPLIANCE_LEAD: _("compliance lead"),
    TREASURY: _("treasury"),
}
"""How the desk names the roles."""
