"""Statements as pages: ask for one, see how it comes along, take its file; and the public check of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.devices.origin import origin_of
from accounts.jurisdictions.policy import CURRENCY_NAMES, currency_of
from accounts.statements import links, selectors, services
from accounts.statements.errors import StatementFileGone, StatementNotReady
from accounts.statements.forms import StatementForm, VerifyForm
from accounts.statements.models import Status
from accounts.statements.policy import PREFIX
from accounts.statements.presentation import file_answer, shown
from accounts.wallets.policy import PREFIX as WALLET_PREFIX
from accounts.wallets.selectors import balances_of, main_first
from wallet_project.lib import clock, ids
from wallet_project.lib.api import IdempotencyKeyReused, decode_cursor, encode_cursor
from wallet_project.lib.describing import describe
from wallet_project.lib.errors import Invalid, WalletError
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.identity.requests import PersonRequest
    from accounts.statements.models import Statement

STOP_POLLING = 286
FIELDS = {"from": "since", "to": "until"}
"""Where on the page a refusal of the service is said."""


@require_safe
@login_required
@limited("read")
def statements(request: PersonRequest) -> HttpResponse:
    """Every statement of the person, newest first, and the form for a new one."""
    return _page(request, _form(request))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("reports")
def new_statement(request: PersonRequest) -> HttpResponse:
    """Asks for one; a small one is ready when its page opens."""
    if request.method != "POST":
        return redirect("statements")
    form = _form(request, request.POST)
    if not form.is_valid():
        return _page(request, _with_new_key(request) if "idempotency_key" in form.errors else form, status=422)
    try:
        made = _request(request, form.cleaned_data)
    except IdempotencyKeyReused:
        form = _with_new_key(request)
        form.is_valid()
        form.add_error(None, _("Send the form once more."))
        return _page(request, form, status=422)
    except Invalid as error:
        for field, code in error.fields.items():
            form.add_error(FIELDS[field], describe(_field_refusal(code)).detail)
        return _page(request, form, status=422)
    except WalletError as error:
        told = describe(error)
        form.add_error(None, _("%(first)s %(second)s") % {"first": told.detail, "second": told.next_step})
        return _page(request, form, status=422)
    return redirect("statement", made.public_id)


@require_safe
@login_required
@limited("read")
def statement(request: PersonRequest, statement_id: str) -> HttpResponse:
    """One statement: its figures and its file, or how far it is."""
    found = _own(request, statement_id)
    return render(request, "accounts/statements/statement.html", {"statement": shown(found)})


@require_safe
@login_required
@limited("read")
def statement_state(request: PersonRequest, statement_id: str) -> HttpResponse:
    """The part of the page that changes: 204 while nothing did, 286 when it is final."""
    found = _own(request, statement_id)
    if request.GET.get("seen") == f"{found.status}.{found.percent}":
        return HttpResponse(status=204)
    status = STOP_POLLING if found.is_final else 200
    return render(request, "accounts/statements/_state.html", {"statement": shown(found)}, status=status)


@require_safe
@login_required
@limited("read")
def download(request: PersonRequest, statement_id: str) -> HttpResponse:
    """Leads to the file by an address that is good for five minutes."""
    found = _own(request, statement_id)
    if found.status == Status.EXPIRED:
        raise StatementFileGone
    if found.status != Status.READY:
        raise StatementNotReady
    query = urlencode({"key": links.key_for(found)})
    return redirect(f"{reverse('statement_file', args=[found.public_id])}?{query}")


@require_safe
@never_cache
@login_required
@limited("read")
def statement_file(request: PersonRequest, statement_id: str) -> HttpResponse:
    """The file itself, for its owner alone and only by a fresh address."""
    found = _own(request, statement_id)
    links.require_key(found, request.GET.get("key", ""))
    return file_answer(found)


@require_http_methods(["GET", "HEAD", "POST"])
@limited("lookup")
def verify(request: HttpRequest) -> HttpResponse:
    """For anybody who was given a statement: whether we issued exactly this file. Nothing of it is shown."""
    if request.method != "POST":
        initial = {name: request.GET.get(name, "")[:200] for name in ("number", "sha256")}
        return render(request, "accounts/statements/verify.html", {"form": VerifyForm(initial=initial)})
    form = VerifyForm(request.POST)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        data = form.cleaned_data
        context["is_issued"] = selectors.was_issued(number=data["number"].strip(), sha256=data["sha256"])
        context["is_checked"] = True
    return render(request, "accounts/statements/verify.html", context, status=422 if form.errors else 200)


class _FieldRefusal(WalletError):
    """A code of ``Invalid``, to be looked up as a sentence."""


def _field_refusal(code: str) -> WalletError:
    refusal = _FieldRefusal()
    refusal.code = code  # type: ignore[misc]  # the code of one field, not of the class
    return refusal


def _own(request: PersonRequest, statement_id: str) -> Statement:
    return selectors.statement_of(user=request.user, statement_id=ids.parse(PREFIX, statement_id))


def _request(request: PersonRequest, data: dict[str, Any]) -> Statement:
    at = clock.now()
    wish = services.Wish(
        wallet_id=ids.parse(WALLET_PREFIX, data["wallet"]),
        first_day=data["first_day"],
        last_day=data["last_day"],
        format=data["format"],
        language=get_language() or "en",
        with_bom=data["with_bom"],
    )
    asked = services.request_statement(
        user=request.user, wish=wish, idempotency_key=str(data["idempotency_key"]), origin=origin_of(request), at=at
    )
    return services.make_at_once(statement=asked.statement, at=at)


def _form(request: PersonRequest, data: Any = None) -> StatementForm:
    user = request.user
    balances = main_first(balances_of(user), currency_of(user.country))
    today = clock.now().astimezone(ZoneInfo(user.time_zone)).date()
    joined = (user.verified_at or user.date_joined).astimezone(ZoneInfo(user.time_zone)).date()
    wallets = [(one.id, f"{one.currency} · {CURRENCY_NAMES.get(one.currency, one.currency)}") for one in balances]
    wanted = request.GET.get("wallet", "")
    initial = {
        "wallet": wanted if wanted in dict(wallets) else next(iter(dict(wallets)), ""),
        "period": f"{today:%Y-%m}",
        "idempotency_key": ids.uuid7(),
    }
    return StatementForm(data, initial=initial, wallets=wallets, today=today, since=joined)


def _with_new_key(request: PersonRequest) -> StatementForm:
    data = request.POST.copy()
    data["idempotency_key"] = str(ids.uuid7())
    return _form(request, data)


def _page(request: PersonRequest, form: StatementForm, *, status: int = 200) -> HttpResponse:
    after = selectors.position_from(decode_cursor(request.GET.get("cursor")))
    found = selectors.statements_of(request.user, after=after)
    rows, more = found[: selectors.PAGE_SIZE], len(found) > selectors.PAGE_SIZE
    next_url = ""
    if more:
        last = rows[-1]
        cursor = encode_cursor(selectors.cursor_of(last))
        next_url = f"{reverse('statements')}?{urlencode({'cursor': cursor})}"
    context = {"form": form, "statements": [shown(row) for row in rows], "next_url": next_url, "is_first": not after}
    is_fragment = bool(getattr(request, "htmx", False)) and after is not None
    template = "accounts/statements/_rows.html" if is_fragment else "accounts/statements/statements.html"
    return render(request, template, context, status=status)
