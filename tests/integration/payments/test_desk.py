"""Top-ups and notices on the desk: what waits comes first, nothing can be changed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin import site
from django.test import RequestFactory

from payments.funding.admin import TopUpAdmin, TopUpEventInline
from payments.funding.models import TopUp
from payments.funding.services import outcomes
from payments.inbox.admin import ProviderEventAdmin
from payments.inbox.models import ProviderEvent
from tests.factories.people import now
from tests.factories.top_ups import notice_body, post_webhook, signature, wish
from wallet_project.lib import db
from wallet_project.lib.desk import queues

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.identity.models import User
    from tests.fakes.simulator import Simulator


@pytest.fixture
def request_of_staff(frank: User) -> HttpRequest:
    frank.is_superuser = True
    request = RequestFactory().get("/admin/")
    request.user = frank
    request.session = {}  # type: ignore[assignment]  # enough for reading a page
    return request


@pytest.fixture
def mismatched(alice: User) -> TopUp:
    row = wish(alice).top_up
    with db.transaction():
        outcomes.break_off(top_up=row, reason="amount_or_reference", cause="test", at=now())
    return row


class TestTopUps:
    def test_opens_on_what_waits_for_a_decision(
        self, request_of_staff: HttpRequest, mismatched: TopUp, alice: User
    ) -> None:
        wish(alice)
        found = TopUpAdmin(TopUp, site).get_changelist_instance(request_of_staff).get_queryset(request_of_staff)
        assert list(found) == [mismatched]

    def test_is_counted_in_its_queue(self, mismatched: TopUp) -> None:
        waiting = queues["mismatched_top_ups"].measure()
        assert (waiting.count, waiting.oldest_at) == (1, mismatched.updated_at)

    def test_can_only_be_read(self, request_of_staff: HttpRequest, mismatched: TopUp) -> None:
        for admin in (TopUpAdmin(TopUp, site), ProviderEventAdmin(ProviderEvent, site)):
            assert not admin.has_add_permission(request_of_staff)
            assert not admin.has_change_permission(request_of_staff)
            assert not admin.has_delete_permission(request_of_staff)
        assert not TopUpEventInline(TopUp, site).has_add_permission(request_of_staff)

    def test_shows_no_address_that_could_be_paid(self, request_of_staff: HttpRequest, mismatched: TopUp) -> None:
        page: Any = TopUpAdmin(TopUp, site).change_view(request_of_staff, str(mismatched.pk))
        page.render()
        assert str(mismatched.pk) in page.content.decode()
        assert "redirect_url" not in page.content.decode()


class TestNotices:
    def test_says_how_many_were_turned_away_today(self, cards: Simulator, request_of_staff: HttpRequest) -> None:
        admin = ProviderEventAdmin(ProviderEvent, site)
        before: Any = admin.changelist_view(request_of_staff)
        body = notice_body()
        assert post_webhook(body, signature(body, secret="whsec_other")) == 400
        after: Any = admin.changelist_view(request_of_staff)
        counts = [int(view.context_data["subtitle"].rsplit(" ", 1)[1]) for view in (before, after)]
        assert counts == [0, 1]

    def test_opens_on_what_fits_no_row(self, cards: Simulator, request_of_staff: HttpRequest) -> None:
        for _ in range(2):
            body = notice_body()
            post_webhook(body, signature(body))
        row = ProviderEvent.objects.first()
        assert row is not None
        ProviderEvent.objects.filter(pk=row.pk).update(state="UNMATCHED")
        admin = ProviderEventAdmin(ProviderEvent, site)
        assert list(admin.get_changelist_instance(request_of_staff).get_queryset(request_of_staff)) == [row]
