"""Comparing our books with the bank's, resolving what does not fit, and correcting payments with four eyes."""

from payments.reconciliation.services.as_booked import propose_as_booked
from payments.reconciliation.services.breaks import resolve_break
from payments.reconciliation.services.clearing import check_clearing
from payments.reconciliation.services.not_paid import propose_not_paid
from payments.reconciliation.services.statements import reconcile_due

__all__ = ["check_clearing", "propose_as_booked", "propose_not_paid", "reconcile_due", "resolve_break"]
