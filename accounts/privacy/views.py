"""The terms and the privacy notice for everybody, accepting a new version once, and what a person allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.devices.origin import origin_of
from accounts.privacy import documents, selectors, services
from accounts.privacy.errors import ConsentVersionUnknown
from accounts.privacy.forms import AcceptForm, SwitchesForm
from wallet_project.lib import clock
from wallet_project.lib.describing import describe
from wallet_project.lib.errors import NotFound
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from accounts.identity.requests import PersonRequest


@require_safe
@limited("public")
def document(request: HttpRequest, code: str) -> HttpResponse:
    """A document in force, or with ``?version=`` any version there ever was."""
    name = request.GET.get("version", "")
    try:
        shown = documents.version(code, name) if name else documents.current(code, on=clock.now().date())
    except NotFound as error:
        raise Http404 from error
    context = {
        "document": shown,
        "blocks": documents.words(shown, get_language() or "en"),
        "others": [other for other in documents.versions(code) if other != shown],
    }
    return render(request, "accounts/privacy/document.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("security")
def accept(request: PersonRequest) -> HttpResponse:
    """Asks once for what is in force and was not accepted yet; nothing waits for the answer."""
    missing = selectors.missing_consents(request.user, at=clock.now())
    if not missing:
        return redirect("home")
    form = AcceptForm(
        request.POST if request.method == "POST" else None,
        initial={one.code: one.version for one in missing},
    )
    if request.method == "POST" and form.is_valid():
        shown = {code: form.cleaned_data[code] for code in documents.TITLES if form.cleaned_data[code]}
        try:
            services.accept(user=request.user, versions=shown, at=clock.now(), origin=origin_of(request))
        except ConsentVersionUnknown as error:
            form.add_error(None, describe(error).detail)
        else:
            messages.success(request, _("Thank you. You have accepted the current version."))
            return redirect("home")
    context = {"form": form, "missing": missing}
    return render(request, "accounts/privacy/accept.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("security")
def privacy(request: PersonRequest) -> HttpResponse:
    """Every switch, and what was accepted when."""
    at = clock.now()
    form = SwitchesForm(request.POST if request.method == "POST" else None, initial=selectors.switches_of(request.user))
    if request.method == "POST" and form.is_valid():
        services.set_switches(user=request.user, changes=form.cleaned_data, at=at, origin=origin_of(request))
        messages.success(request, _("Your settings are saved."))
        return redirect("privacy")
    context = {"form": form, "documents": selectors.standing(request.user, at=at)}
    return render(request, "accounts/privacy/privacy.html", context)
