"""Comparing our books with the bank's, and resolving what does not fit."""

from payments.reconciliation.services.breaks import resolve_break
from payments.reconciliation.services.clearing import check_clearing
from payments.reconciliation.services.statements import reconcile_due

__all__ = ["check_clearing", "reconcile_due", "resolve_break"]
