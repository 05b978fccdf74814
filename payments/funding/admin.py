"""Top-ups on the desk: read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.approvals.selectors import open_for
from accounts.devices.origin import origin_of
from payments.funding.decisions import STATUS_WORDS, evidence
from payments.funding.forms import ProposeForm
from payments.funding.models import TopUp, TopUpEvent
from payments.funding.services import deciding
from payments.funding.states import TopUpStatus
from wallet_project.lib import clock
from wallet_project.lib.admin import ReadOnlyAdmin
from wallet_project.lib.describing import describe
from wallet_project.lib.errors import WalletError

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from accounts.identity.requests import PersonRequest


class TopUpEventInline(admin.TabularInline):
    """The moves of a top-up, in order."""

    model = TopUpEvent
    extra = 0
    can_delete = False
    ordering: ClassVar[Any] = ["occurred_at", "id"]
    fields: ClassVar[Any] = ["moved_at", "moved_from", "moved_to", "by", "why"]
    readonly_fields: ClassVar[Any] = fields

    @admin.display(description=_("when"))
    def moved_at(self, move: TopUpEvent) -> Any:
        """The moment."""
        return move.occurred_at

    @admin.display(description=_("before"))
    def moved_from(self, move: TopUpEvent) -> Any:
        """The state it left, in words."""
        return STATUS_WORDS.get(move.from_status, move.from_status)

    @admin.display(description=_("after"))
    def moved_to(self, move: TopUpEvent) -> Any:
        """The state it reached, in words."""
        return STATUS_WORDS.get(move.to_status, move.to_status)

    @admin.display(description=_("by"))
    def by(self, move: TopUpEvent) -> str:
        """Who moved it, as recorded."""
        return move.actor

    @admin.display(description=_("cause"))
    def why(self, move: TopUpEvent) -> str:
        """Why, as recorded."""
        return move.cause

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        """Never: moves come from services."""
        return False


@admin.register(TopUp)
class TopUpAdmin(ReadOnlyAdmin):
    """Who added what, how it went, and under which provider reference."""

    list_display = ["created_at", "user_id", "amount_minor", "currency", "status", "reason"]
    list_filter = ["status", "currency"]
    search_fields = ["id", "provider_id", "provider_payment_id"]
    ordering = ["-created_at"]
    exclude = ["redirect_url", "fingerprint", "idempotency_key"]
    inlines = [TopUpEventInline]
    words: ClassVar[Any] = {"status": STATUS_WORDS}
    change_form_template = "payments/funding/desk_top_up.html"

    def get_urls(self) -> list[Any]:
        """The proposal has an address of its own, so that the page can be reloaded safely."""
        view = self.admin_site.admin_view(self.propose_view)
        return [path("<uuid:top_up_id>/propose/", view, name="payments_topup_propose"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One top-up; for one that does not match, what was received and what may be proposed."""
        found = self.get_object(request, object_id)
        context = {"propose": ProposeForm(), **(extra_context or {})}
        if found is not None:
            waits = found.status == TopUpStatus.MISMATCH
            open_ones = [open_for(purpose, found.pk) for purpose in deciding.PURPOSES] if waits else []
            context |= {
                "waits": waits,
                "known": evidence(found.pk) if waits else [],
                "proposals": [one for one in open_ones if one is not None],
                "may_decide": request.user.has_perm(deciding.DECIDE),
            }
        return super().change_view(request, object_id, form_url, context)

    @method_decorator(require_POST)
    def propose_view(self, request: PersonRequest, top_up_id: UUID) -> HttpResponse:
        """Asks a second officer. What cannot be done is said on the page, with everything typed kept."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = ProposeForm(request.POST)
        if not form.is_valid():
            return self._again(request, top_up_id, form, status=422)
        values: dict[str, Any] = {"by": request.user, "origin": origin_of(request), "at": clock.now()}
        try:
            approval = deciding.propose(top_up_id=top_up_id, **values, **form.cleaned_data)
        except WalletError as refusal:
            told = describe(refusal)
            return self._again(request, top_up_id, form, problem=told, status=told.status)
        self.message_user(request, _("It is proposed. Another officer decides."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:accounts_approval_change", args=[approval.pk]))

    def _again(
        self, request: PersonRequest, top_up_id: UUID, form: ProposeForm, *, problem: Any = None, status: int
    ) -> HttpResponse:
        """The page as a reload would show it, with the form as it was sent."""
        request.method = "GET"
        page = self.change_view(request, str(top_up_id), extra_context={"propose": form, "problem": problem})
        page.status_code = status
        return page

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list opens on what waits for a decision; the filter shows the rest."""
        if not request.GET:
            chosen: Any = request.GET.copy()
            chosen["status__exact"] = TopUpStatus.MISMATCH.value
            request.GET = chosen
        return super().get_changelist_instance(request)
