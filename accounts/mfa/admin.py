"""Payment PINs on the desk: where they stand, and the one thing staff may do about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.devices.origin import origin_of
from accounts.mfa import services
from accounts.mfa.models import PaymentPinDevice
from wallet_project.lib import clock
from wallet_project.lib.admin import ReadOnlyAdmin

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from accounts.identity.requests import PersonRequest


@admin.register(PaymentPinDevice)
class PaymentPinAdmin(ReadOnlyAdmin):
    """Never the PIN, never its hash."""

    list_display = ("user", "set_at", "failures", "rounds", "locked_until", "reduced_limits_until")
    list_filter = ("rounds",)
    fields = ("user", "set_at", "failures", "rounds", "locked_until", "reduced_limits_until")
    ordering = ("-id",)
    list_select_related = ("user",)
    actions = ("force_reset",)

    @admin.action(description=_("Make a PIN reset necessary"), permissions=["force_reset"])
    def force_reset(self, request: PersonRequest, queryset: QuerySet[PaymentPinDevice]) -> None:
        """The owner must reset the PIN before it works again; staff never learn one."""
        for device in queryset.select_related("user"):
            services.force_reset(user=device.user, by=request.user, at=clock.now(), origin=origin_of(request))
        count = len(queryset)
        told = ngettext("%(count)d PIN must be reset now.", "%(count)d PINs must be reset now.", count)
        messages.success(request, told % {"count": count})

    def has_force_reset_permission(self, request: HttpRequest) -> bool:
        """A permission of its own: seeing is not doing."""
        return request.user.has_perm("accounts.force_pin_reset")
