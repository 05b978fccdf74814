"""Refusals at the edge: who may come from where."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from wallet_project.lib.describing import Entry

EDGE = (
    Entry(
        "network_not_allowed",
        403,
        _("Not from this network"),
        _("You are signed in with a staff account, and staff work only from the networks of this house."),
        _("Connect to one of them and try again, or sign out."),
    ),
)
