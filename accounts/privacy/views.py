"""The terms and the privacy notice for everybody, accepting a new version once, and what a person allows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.devices.origin import origin_of, session_row_of
from accounts.mfa.errors import ReauthenticationRequired
from accounts.privacy import documents, exporting, selectors, services
from accounts.privacy.errors import ConsentVersionUnknown
from accounts.privacy.forms import AcceptForm, SwitchesForm
from wallet_project.lib import clock
from wallet_project.lib.describing import describe
from wallet_project.lib.errors import NotFound
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.identity.requests import PersonRequest

STOP_POLLING = 286


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


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("security")
def copy(request: PersonRequest) -> HttpResponse:
    """The person's copy of their data: ask for one, see how it comes along, take it."""
    if request.method == "POST":
        _export, challenge = exporting.request_export(user=request.user, at=clock.now())
        return redirect("privacy_copy") if challenge is None else redirect("confirm", challenge.public_id)
    return render(request, "accounts/privacy/copy.html", {"export": exporting.latest_of(request.user)})


@require_safe
@login_required
@limited("read")
def copy_state(request: PersonRequest) -> HttpResponse:
    """The part of the page that changes: 204 while nothing did, 286 when it is final."""
    export = exporting.latest_of(request.user)
    seen = f"{export.status}.{export.parts_done}" if export else ""
    if request.GET.get("seen", "") == seen:
        return HttpResponse(status=204)
    under_way = export is not None and export.status in {"REQUESTED", "WORKING"}
    status = 200 if under_way else STOP_POLLING
    return render(request, "accounts/privacy/_copy.html", {"export": export}, status=status)


@require_POST
@login_required
@limited("security")
def copy_download(request: PersonRequest) -> HttpResponse:
    """Leads to the file by an address that is good for five minutes, for who has just proved who they are."""
    session = session_row_of(request)
    proved_at = session.authenticated_at if session is not None else None
    try:
        key = exporting.link_key(user=request.user, proved_at=proved_at, at=clock.now())
    except ReauthenticationRequired:
        back = reverse("privacy_copy")
        if request.user.has_usable_password():
            return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': back})}")
        return render(request, "accounts/privacy/sign_in_again.html", {"back": back}, status=401)
    return redirect(f"{reverse('privacy_copy_file')}?{urlencode({'key': key})}")


@require_safe
@never_cache
@login_required
@limited("security")
def copy_file(request: PersonRequest) -> HttpResponse:
    """The archive itself, for its owner alone and only by a fresh address."""
    content = exporting.content_of(
        user=request.user, key=request.GET.get("key", ""), origin=origin_of(request), at=clock.now()
    )
    answer = HttpResponse(content, content_type="application/zip")
    answer["Content-Disposition"] = 'attachment; filename="wallet-data.zip"'
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
