"""Staff work only from the networks of the house; a session of theirs is of no use elsewhere."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib import admin
from django.core.checks import Info
from django.test import Client

from accounts.audit.models import RecordedEvent
from accounts.staff.network import is_inside
from tests.factories.people import PASSWORD, make_person, make_staff
from tests.factories.sessions import app_token, at_the_desk, browser
from wallet_project import env
from wallet_project.checks import staff_work_from_known_networks

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

OFFICE, HOME = "192.0.2.17", "203.0.113.9"
PATHS = ("/admin/", "/admin/accounts/user/", "/account/2fa/", "/account/password/change/", "/help/", "/", "/settings/")


@pytest.fixture
def office_only(settings: Any) -> None:
    settings.STAFF_NETWORKS = [ip_network("192.0.2.0/24"), ip_network("2001:db8:7::/48")]


def refusals(user: User) -> list[RecordedEvent]:
    events = RecordedEvent.objects.filter(subject_id=user.pk, name="security_event")
    return [event for event in events if event.payload["kind"] == "staff_network_refused"]


@pytest.mark.usefixtures("office_only")
class TestOutside:
    @pytest.mark.parametrize("path", PATHS)
    def test_every_page_is_refused(self, path: str) -> None:
        client = at_the_desk(make_staff("dave", is_superuser=True))
        answer = client.get(path, REMOTE_ADDR=HOME)
        page = answer.content.decode()
        assert answer.status_code == 403
        assert answer.headers["Cache-Control"] == "no-store"
        assert "staff work only from the networks of this house" in page
        assert 'action="/account/logout/"' in page

    def test_in_chinese(self) -> None:
        page = browser(make_staff("dave", language="zh-hans")).get("/admin/", REMOTE_ADDR=HOME).content.decode()
        assert "不能从此网络使用" in page

    def test_a_decision_is_refused_before_anything_is_read(self) -> None:
        client, alice = at_the_desk(make_staff("dave", is_superuser=True)), make_person("alice")
        chosen = {"action": "freeze", "_selected_action": [str(alice.pk)]}
        assert client.post("/admin/accounts/user/", chosen, REMOTE_ADDR=HOME).status_code == 403
        alice.refresh_from_db()
        assert alice.state == "ACTIVE"

    def test_is_recorded_once_per_session_without_the_address(self) -> None:
        dave = make_staff("dave")
        client = at_the_desk(dave)
        for path in PATHS:
            client.get(path, REMOTE_ADDR=HOME)
        (event,) = refusals(dave)
        assert (event.actor_kind, event.actor_id, event.payload["details"]) == ("staff", str(dave.pk), {})
        assert HOME not in str(event.payload)
        at_the_desk_again = browser(dave)
        at_the_desk_again.get("/admin/", REMOTE_ADDR=HOME)
        assert len(refusals(dave)) == 2

    def test_a_right_password_opens_nothing(self) -> None:
        make_staff("dave")
        client = Client(REMOTE_ADDR=HOME)
        client.post("/account/login/", {"login": "dave@example.com", "password": PASSWORD})
        assert {path: client.get(path).status_code for path in PATHS} == dict.fromkeys(PATHS, 403)

    def test_signing_out_works(self) -> None:
        client = at_the_desk(make_staff("dave"))
        assert client.post("/account/logout/", REMOTE_ADDR=HOME).status_code == 302
        assert client.get("/help/", REMOTE_ADDR=HOME).status_code == 200

    def test_the_desk_judges_too(self, rf: Any) -> None:
        request = at_the_desk(make_staff("dave")).get("/admin/", REMOTE_ADDR=OFFICE).wsgi_request
        assert admin.site.has_permission(request)
        request.META["REMOTE_ADDR"] = HOME
        assert not admin.site.has_permission(request)

    def test_customers_and_strangers_come_from_anywhere(self) -> None:
        alice = make_person("alice")
        assert browser(alice).get("/home/", REMOTE_ADDR=HOME).status_code == 200
        assert Client().get("/", REMOTE_ADDR=HOME).status_code == 200
        answer = Client().get("/api/v1/me/", headers={"X-Session-Token": app_token(alice)}, REMOTE_ADDR=HOME)
        assert answer.status_code == 200


@pytest.mark.usefixtures("office_only")
class TestInside:
    @pytest.mark.parametrize("address", [OFFICE, "2001:db8:7::5"])
    def test_the_desk_opens(self, address: str) -> None:
        dave = make_staff("dave")
        assert at_the_desk(dave).get("/admin/", REMOTE_ADDR=address).status_code == 200
        assert refusals(dave) == []

    def test_a_session_closes_when_it_moves(self) -> None:
        client = at_the_desk(make_staff("dave"))
        seen = [client.get("/admin/", REMOTE_ADDR=address).status_code for address in (OFFICE, HOME, OFFICE)]
        assert seen == [200, 403, 200]

    def test_a_proxys_word_counts_only_as_far_as_it_is_trusted(self, settings: Any) -> None:
        client = at_the_desk(make_staff("dave"))
        forged = {"REMOTE_ADDR": HOME, "HTTP_X_FORWARDED_FOR": OFFICE}
        assert client.get("/admin/", **forged).status_code == 403
        settings.TRUSTED_PROXY_COUNT = 1
        assert client.get("/admin/", **forged).status_code == 200
        forged["HTTP_X_FORWARDED_FOR"] = f"{OFFICE}, {HOME}"
        assert client.get("/admin/", **forged).status_code == 403


class TestTheList:
    def test_empty_is_anywhere_and_check_deploy_says_so(self, settings: Any) -> None:
        assert settings.STAFF_NETWORKS == []
        assert is_inside(HOME)
        assert is_inside(None)
        (told,) = staff_work_from_known_networks(None)
        assert isinstance(told, Info)
        assert told.id == "wallet.I001"

    @pytest.mark.usefixtures("office_only")
    def test_an_address_nobody_could_read_is_outside(self) -> None:
        assert not is_inside(None)
        assert staff_work_from_known_networks(None) == []

    def test_is_read_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("STAFF_NETWORKS", "192.0.2.0/24, 198.51.100.7,2001:db8::/48")
        read = env.networks("STAFF_NETWORKS")
        assert [str(one) for one in read] == ["192.0.2.0/24", "198.51.100.7/32", "2001:db8::/48"]
