"""Transfers on the desk: everything can be read; those under review wait for a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.devices.origin import origin_of
from transfers.p2p import services
from transfers.p2p.models import Status, Transfer, TransferEvent
from wallet_project.lib import clock
from wallet_project.lib.admin import ReadOnlyAdmin
from wallet_project.lib.describing import describe
from wallet_project.lib.errors import WalletError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest


class TransferEventInline(admin.TabularInline):
    """The moves of a transfer, in order."""

    model = TransferEvent
    extra = 0
    can_delete = False
    ordering: ClassVar[Any] = ["occurred_at", "id"]
    fields: ClassVar[Any] = ["occurred_at", "from_status", "to_status", "actor", "cause"]
    readonly_fields: ClassVar[Any] = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: moves come from services."""
        return False


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    """Who sent what to whom by id; names are masked as the people saw them, the note is not shown."""

    list_display = ["created_at", "id", "amount_minor", "currency", "status", "reason"]
    list_filter = ["status", "currency"]
    search_fields = ["=id"]
    search_help_text = _("The full id of a transfer.")
    ordering = ["-id"]
    exclude = ["note", "idempotency_key", "fingerprint"]
    inlines = [TransferEventInline]
    actions = ["release", "decline"]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The queue opens on what waits for a decision; the filter shows the rest."""
        if not request.GET:
            chosen: Any = request.GET.copy()
            chosen["status__exact"] = Status.UNDER_REVIEW.value
            request.GET = chosen
        return super().get_changelist_instance(request)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whoever may change transfers, although no form here does."""
        return bool(request.user.has_perm("transfers.change_transfer"))

    @admin.action(description=_("Let the chosen transfers go"), permissions=["decide"])
    def release(self, request: HttpRequest, chosen: QuerySet[Transfer]) -> None:
        """Completes each that is under review; the others are left as they are."""
        self._decide(request, chosen, services.release_from_review)

    @admin.action(description=_("Decline the chosen transfers and release their money"), permissions=["decide"])
    def decline(self, request: HttpRequest, chosen: QuerySet[Transfer]) -> None:
        """Declines each that is under review; the others are left as they are."""
        self._decide(request, chosen, services.decline_in_review)

    def _decide(self, request: HttpRequest, chosen: QuerySet[Transfer], act: Callable[..., Transfer]) -> None:
        origin, at = origin_of(request), clock.now()
        decided = 0
        for transfer_id in chosen.values_list("pk", flat=True):
            try:
                act(transfer_id=transfer_id, by=request.user, origin=origin, at=at)
            except WalletError as refusal:
                self.message_user(request, describe(refusal).detail, messages.WARNING)
            else:
                decided += 1
        told = ngettext("%(count)d transfer was decided.", "%(count)d transfers were decided.", decided)
        self.message_user(request, told % {"count": decided}, messages.SUCCESS if decided else messages.WARNING)
