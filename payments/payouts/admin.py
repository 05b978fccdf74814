"""Payment files, payouts and the bank's messages on the desk: read-only, and never the names inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from payments.payouts.models import BankMessage, PayoutBatch, PayoutItem
from payments.payouts.selectors import needing_a_person, without_answer
from wallet_project.lib import clock
from wallet_project.lib.admin import ReadOnlyAdmin

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class AnswerFilter(admin.SimpleListFilter):
    """Files the bank has not reported on in time."""

    title = _("answer")
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """One choice besides all."""
        return [("late", _("None in time"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PayoutBatch]) -> QuerySet[PayoutBatch]:
        """The late ones, or all."""
        if self.value() != "late":
            return queryset
        return queryset.filter(pk__in=without_answer(at=clock.now()).values("pk"))


class AttentionFilter(admin.SimpleListFilter):
    """Messages that could not be read or not be followed to the end."""

    title = _("attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """One choice besides all."""
        return [("needed", _("Needs a person"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[BankMessage]) -> QuerySet[BankMessage]:
        """Those a person looks at, or all."""
        return needing_a_person(queryset) if self.value() == "needed" else queryset


@admin.register(PayoutBatch)
class PayoutBatchAdmin(ReadOnlyAdmin):
    """Which file went when, and what the bank answered."""

    list_display = ["created_at", "message_id", "count", "total_minor", "currency", "status", "cause", "reported_at"]
    list_filter = ["status", AnswerFilter]
    search_fields = ["message_id"]
    ordering = ["-created_at"]
    exclude = ["file"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the files: they are large and sealed."""
        return super().get_queryset(request).defer("file")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list opens on what has no answer in time; the filter shows the rest."""
        return super().get_changelist_instance(_opened_on(request, answer="late"))


@admin.register(PayoutItem)
class PayoutItemAdmin(ReadOnlyAdmin):
    """One withdrawal in one file, and where the bank told of it."""

    list_display = ["end_to_end_id", "amount_minor", "currency", "outcome", "reason", "booked_on", "returned_on"]
    list_filter = ["outcome", "booked_on"]
    search_fields = ["end_to_end_id", "batch__message_id", "bank_reference"]
    ordering = ["-id"]
    list_select_related: ClassVar[Any] = False

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the file above it."""
        return super().get_queryset(request).select_related("batch").defer("batch__file")


@admin.register(BankMessage)
class BankMessageAdmin(ReadOnlyAdmin):
    """What the bank sent, and whether it could be followed."""

    list_display = ["received_at", "number", "kind", "state", "problem", "handled_at"]
    list_filter = [AttentionFilter, "state", "kind"]
    search_fields = ["number"]
    ordering = ["-number"]
    exclude = ["body"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the bodies: they are large and sealed."""
        return super().get_queryset(request).defer("body")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list opens on what needs a person; the filter shows the rest."""
        return super().get_changelist_instance(_opened_on(request, attention="needed"))


def _opened_on(request: HttpRequest, **chosen: str) -> HttpRequest:
    """The request, with a filter chosen unless it says something itself."""
    if not request.GET:
        given: Any = request.GET.copy()
        for name, value in chosen.items():
            given[name] = value
        request.GET = given
    return request
