"""The activity page: everything that happened to a person's money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.activity import presentation, selectors
from accounts.activity.forms import FilterForm
from accounts.activity.selectors import Filters, Page, Position
from accounts.jurisdictions.policy import currency_of
from ledger.money import Money
from wallet_project.lib import clock, ids
from wallet_project.lib.api import decode_cursor, encode_cursor
from wallet_project.lib.ratelimit import limited

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.identity.requests import PersonRequest


@require_safe
@login_required
@limited("read")
def feed(request: PersonRequest) -> HttpResponse:
    """Everything that happened, filtered by what the address says; htmx gets the next rows alone."""
    user = request.user
    form = FilterForm(request.GET, currency=currency_of(user.country), time_zone=user.time_zone)
    if not form.is_valid():
        wrong = {"form": form, "filtered": True, "open": True}
        return render(request, "accounts/activity/feed.html", wrong, status=422)
    after = selectors.position_from(decode_cursor(request.GET.get("cursor")))
    filters = form.filters()
    page = selectors.page(user.pk, after=after, filters=filters)
    is_fragment = bool(getattr(request, "htmx", False)) and after is not None
    context = _feed_context(request, page, filters=filters, continues=after if is_fragment else None)
    template = "accounts/activity/_rows.html" if is_fragment else "accounts/activity/feed.html"
    return render(request, template, context | {"form": form, "is_first_page": after is None})


@require_safe
@login_required
@limited("read")
def item(request: PersonRequest, item_id: str) -> HttpResponse:
    """The page of the operation behind a row; an operation without a page of its own is shown here."""
    user = request.user
    found = selectors.item(user.pk, ids.parse(presentation.PREFIX, item_id))
    if found.url_name:
        return redirect(reverse(found.url_name, args=[found.reference]))
    context = {
        "item": found,
        "row": presentation.row_of(found),
        "amount": Money(found.amount_minor, found.currency),
        "state": presentation.state_of(found),
    }
    return render(request, "accounts/activity/item.html", context)


def _feed_context(
    request: PersonRequest, page: Page, *, filters: Filters, continues: Position | None
) -> dict[str, Any]:
    days = presentation.by_day(
        page.items,
        time_zone=request.user.time_zone,
        now=clock.now(),
        continues=continues.occurred_at if continues is not None else None,
    )
    return {"days": days, "next_url": _next_url(request, page.next), "filtered": filters.active, "open": filters.active}


def _next_url(request: PersonRequest, position: Position | None) -> str:
    if position is None:
        return ""
    kept = {name: value for name, value in request.GET.items() if value and name != "cursor"}
    return f"{request.path}?{urlencode(kept | {'cursor': encode_cursor(position.as_cursor())})}"
