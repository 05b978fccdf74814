"""What can be refused about statements; money is never touched by them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from wallet_project.lib.describing import Entry

_ASK_AGAIN = _("Ask for it again: the figures of the same days are the same.")

STATEMENTS = (
    Entry(
        "statement_too_long",
        422,
        _("Too long for a PDF"),
        _("These days have %(entries)s entries, and a PDF holds %(entries_max)s at most."),
        _("Choose CSV, or fewer days."),
        public=("entries", "entries_max"),
    ),
    Entry(
        "statement_ends_before_start",
        400,
        _("Days the wrong way round"),
        _("The last day is before the first one."),
        _("Correct the days and try again."),
    ),
    Entry(
        "statement_not_begun",
        400,
        _("In the future"),
        _("The first day has not come yet."),
        _("Correct the days and try again."),
    ),
    Entry(
        "statement_not_ready",
        409,
        _("Not ready yet"),
        _("This statement is still being made, or could not be made."),
        _("Look at the statement again in a moment."),
    ),
    Entry(
        "statement_file_gone",
        410,
        _("File deleted"),
        _("We keep the file of a statement for a year. This one is gone."),
        _ASK_AGAIN,
    ),
    Entry(
        "statement_link_expired",
        410,
        _("This address is over"),
        _("The address of a file is good for five minutes, and only for its owner."),
        _("Open the statement and take a new one."),
    ),
)
