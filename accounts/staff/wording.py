"""Words for what staff may do with somebody's data, as that person and the desk read them. No queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import Promise

READ_REASONS: dict[str, str | Promise] = {
    "withdrawal_review": _("Checking a withdrawal"),
    "customer_asked": _("The customer asked for help"),
    "fraud_suspected": _("Suspected fraud"),
    "legal_duty": _("A legal duty"),
}
"""Why personal data may be read; the codes are stored."""

TOLD_REASONS: dict[str, str | Promise] = {
    "withdrawal_review": _("To check a withdrawal of yours"),
    "customer_asked": _("To help you, as you asked"),
}
"""What the person is told. A suspicion or a legal duty may be one they must not hear of: those read like the rest."""

ANY_REASON = _("To keep accounts safe")

TOLD_DATA: dict[str, str | Promise] = {
    "contact": _("Your e-mail address and phone number"),
    "message": _("A message you sent us"),
    "copy": _("Everything we hold about you, to give you a copy"),
}
"""What was read, as the person is told; the codes are stored."""

ANY_DATA = _("Your data")

ROLE_NAMES: dict[str, str | Promise] = {
    "support": _("Customer support"),
    "compliance": _("Compliance"),
    "compliance_lead": _("Compliance"),
    "treasury": _("Treasury"),
}
ANY_ROLE = _("Our staff")
