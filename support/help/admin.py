"""Requests for help on the desk: read with a reason, and closed by a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.devices.origin import origin_of
from accounts.staff import reading
from accounts.staff.desk import HIDDEN, RevealingAdmin
from support.help import services
from support.help.models import HelpRequest
from wallet_project.lib import clock
from wallet_project.lib.describing import describe

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from accounts.identity.requests import PersonRequest


@admin.register(HelpRequest)
class HelpRequestAdmin(RevealingAdmin):
    """Oldest open first. The message is plain text and stays escaped."""

    reveals = "message"
    reveal_title = gettext_lazy("Reveal contact and message")

    list_display = ["created_at", "topic", "state", "user", "closed_by"]
    list_filter = ["state", "topic"]
    list_select_related = ["user", "closed_by"]
    ordering = ["-state", "created_at"]
    fields = ["topic", "state", "user", "shown_contact", "shown_message", "created_at", "closed_at", "closed_by"]
    actions = ["close"]

    @admin.display(description=gettext_lazy("contact"))
    def shown_contact(self, asked: HelpRequest) -> Any:
        """Where the answer goes, for who said why."""
        return asked.contact if getattr(asked, "is_revealed", False) else HIDDEN

    @admin.display(description=gettext_lazy("message"))
    def shown_message(self, asked: HelpRequest) -> Any:
        """The person's words, for who said why."""
        return asked.message if getattr(asked, "is_revealed", False) else HIDDEN

    def record_reading(self, request: Any, row: Any, *, reason: str) -> None:
        """A customer sees it under "Who saw your data"; a stranger's request has its own record."""
        if row.user is not None:
            reading.reveal(request, row.user, what=self.reveals, of=row.pk, reason=reason, about=row.pk)
        elif not row.is_revealed:
            services.note_reading(
                request_id=row.pk, by=request.user, reason=reason, at=clock.now(), origin=origin_of(request)
            )
            reading.keep_open(request, what=self.reveals, of=row.pk)

    def has_close_permission(self, request: HttpRequest) -> bool:
        """Whoever may change requests, although no form here does; who may only read closes none."""
        return bool(request.user.has_perm("support.change_helprequest"))

    @admin.action(description=gettext_lazy("Close the selected requests"), permissions=["close"])
    def close(self, request: PersonRequest, queryset: QuerySet[HelpRequest]) -> None:
        """Closes each request once; one that somebody closed before is named, not changed."""
        for asked in queryset:
            try:
                services.close_request(request_id=asked.pk, by=request.user, at=clock.now(), origin=origin_of(request))
            except services.HelpRequestAlreadyClosed as error:
                messages.warning(request, describe(error).detail)
            else:
                messages.success(request, _("The request is closed."))
