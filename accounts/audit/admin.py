"""The trail and the outbox on the desk: everything can be read, a dead delivery can be sent on its way again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.audit import services
from accounts.audit.models import Delivery, DeliveryState, JobRun, RecordedEvent
from accounts.audit.selectors import job_states
from wallet_project.lib import clock
from wallet_project.lib.admin import ReadOnlyAdmin
from wallet_project.lib.client_ip import client_ip
from wallet_project.lib.errors import WalletError
from wallet_project.lib.origin import Origin

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse


@admin.register(RecordedEvent)
class RecordedEventAdmin(ReadOnlyAdmin):
    """What happened, newest first; found by the exact id of a subject or an actor."""

    list_display = ("occurred_at", "name", "actor_kind", "actor_id", "subject_id", "channel")
    list_filter = ("actor_kind", "channel")
    search_fields = ("=subject_id", "=actor_id", "=request_id")
    search_help_text = _("The full id of a subject, an actor or a request.")
    ordering = ("-id",)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Facts on their way to their handlers. What is dead waits for a person."""

    list_display = ("event_name", "handler", "state", "attempts", "next_attempt_at", "last_error")
    list_filter = ("state", "handler")
    list_select_related = ("event",)
    raw_id_fields = ("event",)
    actions = ("replay",)
    ordering = ("-id",)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The queue opens on what is dead; the filter shows the rest."""
        if not request.GET:
            request.GET = QueryDict(f"state__exact={DeliveryState.DEAD.value}")
        return super().get_changelist_instance(request)

    @admin.display(description=_("event"))
    def event_name(self, delivery: Delivery) -> str:
        """The stored name of its event."""
        return delivery.event.name

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Whoever may change deliveries, although no form here does."""
        return bool(request.user.has_perm("accounts.change_delivery"))

    @admin.action(description=_("Send the chosen deliveries on their way again"), permissions=["replay"])
    def replay(self, request: HttpRequest, chosen: QuerySet[Delivery]) -> None:
        """Replays each dead one; the others are left as they are."""
        origin = Origin(channel="desk", request_id=getattr(request, "request_id", ""), ip_address=client_ip(request))
        by: UUID = request.user.pk  # type: ignore[assignment]  # the desk lets nobody else in
        at = clock.now()
        sent = 0
        for delivery_id in chosen.values_list("pk", flat=True):
            try:
                services.replay(delivery_id=delivery_id, by=by, origin=origin, at=at)
            except WalletError:
                self.message_user(request, _("One of them is not dead and was left alone."), messages.WARNING)
            else:
                sent += 1
        told = ngettext("%(count)d delivery is on its way again.", "%(count)d deliveries are on their way again.", sent)
        self.message_user(request, told % {"count": sent}, messages.SUCCESS if sent else messages.WARNING)


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    """The recurring work of the house on one page: what ran, what did not."""

    list_display = ("name", "outcome")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Made from the registry, so a job that never ran is there too."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Jobs"),
            "states": job_states(at=clock.now()),
        }
        return render(request, "accounts/audit/jobs.html", context)
