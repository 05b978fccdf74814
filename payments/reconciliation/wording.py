"""What a break means, in a sentence for the officer who looks at it."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.reconciliation.kinds import BreakKind, BreakStatus

TITLES: dict[str, str | Promise] = {
    BreakKind.UNKNOWN_ENTRY: _("A movement on the statement is none of ours"),
    BreakKind.WRONG_AMOUNT: _("Our payment, but another amount"),
    BreakKind.PAID_TWICE: _("One payment was debited twice"),
    BreakKind.PAID_AFTER_FAILURE: _("Paid, although the withdrawal had failed"),
    BreakKind.MISSING_ENTRY: _("A movement is missing from the statement"),
    BreakKind.NOT_BOOKED: _("An accepted payment was not booked in time"),
    BreakKind.OPENING_DIFFERS: _("A statement does not open where the last one closed"),
    BreakKind.SUM_DIFFERS: _("A statement does not add up"),
    BreakKind.STATEMENT_MISSING: _("A statement is missing"),
    BreakKind.FOREIGN_FILE: _("A message about our payment names another file"),
    BreakKind.RETURNED_UNPAID: _("Money comes back of a payment that was not made"),
    BreakKind.RETURNED_TWICE: _("One payment came back twice"),
    BreakKind.REVERSED: _("The bank takes back money it had returned"),
    BreakKind.UNREADABLE_ENTRY: _("A movement on the statement cannot be read"),
    BreakKind.CLEARING_UNEXPLAINED: _("A clearing account holds money nothing explains"),
}

STATUS_WORDS: dict[str, str | Promise] = {BreakStatus.OPEN: _("Open"), BreakStatus.RESOLVED: _("Resolved")}

ADVICE: dict[str, str | Promise] = {
    BreakKind.UNKNOWN_ENTRY: _("Ask the bank what it is. Money that came in may be a return without our reference."),
    BreakKind.WRONG_AMOUNT: _(
        "Nothing was settled. Compare the payment file with what the bank booked; if it stays so, settle it as booked."
    ),
    BreakKind.PAID_TWICE: _("Ask the bank to take the second one back."),
    BreakKind.PAID_AFTER_FAILURE: _("The person has the money twice. Ask the bank to recall the payment."),
    BreakKind.MISSING_ENTRY: _("Our books follow the bank's notice. Ask the bank for a corrected statement."),
    BreakKind.NOT_BOOKED: _("Ask the bank where the payment is."),
    BreakKind.OPENING_DIFFERS: _("Something was booked between two statements. Ask the bank for it."),
    BreakKind.SUM_DIFFERS: _("Movements are missing or too many. Look at the other breaks of the same day first."),
    BreakKind.STATEMENT_MISSING: _("Ask the bank to send it again. Payments on it settle when it comes."),
    BreakKind.FOREIGN_FILE: _("Nothing was moved. Ask the bank which file it means."),
    BreakKind.RETURNED_UNPAID: _("Nothing was moved. Ask the bank which payment it means."),
    BreakKind.RETURNED_TWICE: _("The person was credited once. Ask the bank what the second one is."),
    BreakKind.REVERSED: _("Nothing was moved. Ask the bank why, before anything is taken from the person."),
    BreakKind.UNREADABLE_ENTRY: _("The other movements were compared. Ask the bank for a corrected statement."),
    BreakKind.CLEARING_UNEXPLAINED: _("Follow the runbook for payouts before anything is corrected."),
}
