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
)
