"""Statements, breaks and clearing checks on the desk. A break is resolved with a note; nothing else changes here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.devices.origin import origin_of
from ledger.money import Money
from payments.payouts.models import PayoutItem
from payments.reconciliation import services
from payments.reconciliation.forms import ResolveForm
from payments.reconciliation.kinds import BreakStatus
from payments.reconciliation.models import BankStatement, ClearingCheck, ReconciliationBreak
from payments.reconciliation.services.breaks import RESOLVE
from payments.reconciliation.wording import ADVICE, STATUS_WORDS, TITLES
from wallet_project.lib import clock
from wallet_project.lib.admin import ReadOnlyAdmin
from wallet_project.lib.describing import describe
from wallet_project.lib.errors import WalletError

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from accounts.identity.requests import PersonRequest


@admin.register(BankStatement)
class BankStatementAdmin(ReadOnlyAdmin):
    """Our account at the bank, day by day."""

    list_display = ["day", "number", "currency", "opening_minor", "closing_minor", "entries", "sum_minor"]
    list_filter = ["currency"]
    ordering = ["-day", "-number"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the messages: they are large and sealed."""
        return super().get_queryset(request).select_related("message").defer("message__body")


@admin.register(ClearingCheck)
class ClearingCheckAdmin(ReadOnlyAdmin):
    """What is on each clearing account, what explains it, and the rest."""

    list_display = ["day", "account", "currency", "balance_minor", "explained", "unexplained_minor"]
    list_filter = ["account", "currency"]
    ordering = ["-day", "account", "currency"]


@admin.register(ReconciliationBreak)
class ReconciliationBreakAdmin(ReadOnlyAdmin):
    """What does not fit; each opens on a page of its own."""

    list_display = ["found_at", "what", "status", "resolved_at"]
    list_filter = ["status", "kind"]
    search_fields = ["key"]
    words: ClassVar[Any] = {"status": STATUS_WORDS, "kind": TITLES}
    ordering = ["-found_at"]
    list_select_related: ClassVar[Any] = ["resolved_by"]

    def get_urls(self) -> list[Any]:
        """The resolution has an address of its own, so that the page can be reloaded safely."""
        resolve = path(
            "<uuid:break_id>/resolve/",
            self.admin_site.admin_view(self.resolve_view),
            name="payments_reconciliationbreak_resolve",
        )
        return [resolve, *super().get_urls()]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The queue opens on what is open; the filter shows the rest."""
        if not request.GET:
            chosen: Any = request.GET.copy()
            chosen["status__exact"] = BreakStatus.OPEN.value
            request.GET = chosen
        return super().get_changelist_instance(request)

    @admin.display(description=_("finding"))
    def what(self, row: ReconciliationBreak) -> str:
        """The kind in words."""
        return str(TITLES[row.kind])

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One break with its numbers, and the resolution for whoever may give it."""
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return self._page(request, row, ResolveForm())

    @method_decorator(require_POST)
    def resolve_view(self, request: PersonRequest, break_id: UUID) -> HttpResponse:
        """What cannot be done is said on the page, with everything typed kept."""
        form = ResolveForm(request.POST)
        form.is_valid()
        said = form.cleaned_data.get("note", "")
        try:
            services.resolve_break(
                break_id=break_id, by=request.user, note=said, origin=origin_of(request), at=clock.now()
            )
        except WalletError as refusal:
            told = describe(refusal)
            row = self.get_object(request, str(break_id))
            if row is None:
                raise Http404 from refusal
            return self._page(request, row, form, problem=told, status=told.status)
        self.message_user(request, _("It is resolved."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:payments_reconciliationbreak_change", args=[break_id]))

    def _page(
        self,
        request: HttpRequest,
        row: ReconciliationBreak,
        form: ResolveForm,
        *,
        problem: Any = None,
        status: int = 200,
    ) -> HttpResponse:
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": TITLES[row.kind],
            "advice": ADVICE[row.kind],
            "row": row,
            "numbers": _numbers(row.details),
            "withdrawal_url": _withdrawal_url(row.details),
            "is_open": row.status == BreakStatus.OPEN,
            "may_resolve": request.user.has_perm(RESOLVE),
            "form": form,
            "problem": problem,
        }
        return render(request, "payments/reconciliation/break.html", context, status=status)


_LABELS = {
    "account": _("Account"),
    "amount_minor": _("Amount"),
    "balance_minor": _("Balance"),
    "bank_reference": _("The bank's reference"),
    "day": _("Day"),
    "difference_minor": _("Difference"),
    "direction": _("Direction"),
    "end_to_end_id": _("Our reference"),
    "message_number": _("The bank's message"),
    "missing": _("Statements missing"),
    "ours_minor": _("Our amount"),
    "problem": _("Problem"),
    "unexplained_minor": _("Unexplained"),
}
_DIRECTIONS = {"credit": _("Money in"), "debit": _("Money out")}


def _withdrawal_url(details: dict[str, Any]) -> str:
    """The page of the withdrawal a break speaks of: what can be corrected is corrected there."""
    found = PayoutItem.objects.filter(end_to_end_id=details.get("end_to_end_id", "")).values_list("withdrawal_id")
    row = found.first()
    return reverse("admin:payments_withdrawal_change", args=row) if row is not None else ""


def _numbers(details: dict[str, Any]) -> list[dict[str, Any]]:
    """The facts of a break with their labels; amounts as money."""
    currency = details.get("currency", "")
    shown = []
    for key, label in _LABELS.items():
        value = details.get(key, "")
        if value == "":
            continue
        money = Money(value, currency) if key.endswith("_minor") and currency else None
        shown.append({"label": label, "money": money, "text": _DIRECTIONS.get(value, value)})
    return shown
