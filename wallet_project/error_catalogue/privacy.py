"""What can be refused about a person's data; money is never touched by it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from wallet_project.lib.describing import Entry

PRIVACY = (
    Entry(
        "consent_version_unknown",
        422,
        _("Another version is in force"),
        _("Only the version in force can be accepted, and this is not it."),
        _("Read the current version and accept that one."),
    ),
    Entry(
        "export_not_ready",
        409,
        _("Not ready yet"),
        _("There is no finished copy of your data: it is being made, could not be made, or was deleted after a week."),
        _("Look under Settings, Privacy, and ask for a new one if there is none."),
    ),
    Entry(
        "export_link_expired",
        410,
        _("This address is over"),
        _("The address of a file is good for five minutes, and only for its owner."),
        _("Go back to the copy of your data and take a new one."),
    ),
)
