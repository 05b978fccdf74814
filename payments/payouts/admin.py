"""Payment files, payouts and the bank's messages on the desk: read-only, and never the names inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.devices.origin import origin_of
from payments.payouts import services
from payments.payouts.forms import NoteForm
from payments.payouts.models import BankMessage, PayoutBatch, PayoutItem
from payments.payouts.selectors import needing_a_person, without_answer
from payments.payouts.services.attending import RESOLVE
from payments.payouts.states import MessageState
from payments.payouts.wording import ANSWER_WORDS, BATCH_WORDS, MESSAGE_WORDS, OUTCOME_WORDS
from wallet_project.lib import clock
from wallet_project.lib.admin import ReadOnlyAdmin
from wallet_project.lib.describing import describe
from wallet_project.lib.errors import WalletError

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from accounts.identity.requests import PersonRequest


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
    words: ClassVar[Any] = {"status": BATCH_WORDS}

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the files: they are large and sealed."""
        return super().get_queryset(request).defer("file")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list opens on what has no answer in time; the filter shows the rest."""
        return super().get_changelist_instance(_opened_on(request, answer="late"))


@admin.register(PayoutItem)
class PayoutItemAdmin(ReadOnlyAdmin):
    """One withdrawal in one file, and where the bank told of it."""

    list_display = [
        "end_to_end_id",
        "amount_minor",
        "currency",
        "outcome",
        "reason",
        "booked_on",
        "returned_on",
        "case",
    ]
    list_filter = ["outcome", "booked_on"]
    search_fields = ["end_to_end_id", "batch__message_id", "bank_reference"]
    ordering = ["-id"]
    list_select_related: ClassVar[Any] = False
    words: ClassVar[Any] = {"outcome": OUTCOME_WORDS, "answer": ANSWER_WORDS}

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the file above it."""
        return super().get_queryset(request).select_related("batch").defer("batch__file")

    @admin.display(description=_("withdrawal"))
    def case(self, item: PayoutItem) -> str:
        """Where it is decided about."""
        page = reverse("admin:payments_withdrawal_change", args=[item.withdrawal_id])
        return format_html('<a href="{}">{}</a>', page, _("Open"))


@admin.register(BankMessage)
class BankMessageAdmin(ReadOnlyAdmin):
    """What the bank sent, and whether it could be followed."""

    list_display = ["received_at", "number", "kind", "state", "problem", "handled_at"]
    list_filter = [AttentionFilter, "state", "kind"]
    search_fields = ["number"]
    words: ClassVar[Any] = {"state": MESSAGE_WORDS}
    ordering = ["-number"]
    exclude = ["body"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the bodies: they are large and sealed."""
        return super().get_queryset(request).defer("body")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list opens on what needs a person; the filter shows the rest."""
        return super().get_changelist_instance(_opened_on(request, attention="needed"))

    def get_urls(self) -> list[Any]:
        """What is done has addresses of its own, so that the page can be reloaded safely."""
        own = [
            path(f"<uuid:message_id>/{name}/", self.admin_site.admin_view(view), name=f"payments_bankmessage_{name}")
            for name, view in (("replay", self.replay_view), ("close", self.close_view))
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One message without what it says, and what may be done about it."""
        return self._page(request, object_id, NoteForm())

    @method_decorator(require_POST)
    def replay_view(self, request: PersonRequest, message_id: UUID) -> HttpResponse:
        """It is followed again."""
        return self._attend(request, message_id, services.replay, _("It is followed again within seconds."))

    @method_decorator(require_POST)
    def close_view(self, request: PersonRequest, message_id: UUID) -> HttpResponse:
        """Seen, nothing to do."""
        return self._attend(request, message_id, services.close, _("It is closed."))

    def _attend(self, request: PersonRequest, message_id: UUID, act: Any, done: Any) -> HttpResponse:
        """What cannot be done is said on the page, with everything typed kept."""
        form = NoteForm(request.POST)
        form.is_valid()
        said = form.cleaned_data.get("note", "")
        try:
            act(message_id=message_id, by=request.user, note=said, origin=origin_of(request), at=clock.now())
        except WalletError as refusal:
            told = describe(refusal)
            return self._page(request, str(message_id), form, problem=told, status=told.status)
        self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:payments_bankmessage_change", args=[message_id]))

    def _page(
        self, request: HttpRequest, message_id: str, form: NoteForm, *, problem: Any = None, status: int = 200
    ) -> HttpResponse:
        row = self.get_object(request, message_id)
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Bank message %(number)s") % {"number": row.number},
            "row": row,
            "state": MESSAGE_WORDS[row.state],
            "needs_a_person": not row.is_closed and (row.state == MessageState.FAILED or row.problem != ""),
            "may_replay": row.state == MessageState.FAILED,
            "may_resolve": request.user.has_perm(RESOLVE),
            "form": form,
            "problem": problem,
        }
        return render(request, "payments/payouts/message.html", context, status=status)


def _opened_on(request: HttpRequest, **chosen: str) -> HttpRequest:
    """The request, with a filter chosen unless it says something itself."""
    if not request.GET:
        given: Any = request.GET.copy()
        for name, value in chosen.items():
            given[name] = value
        request.GET = given
    return request
