"""Which language answers: the person's own, then the browser's choice, then what the browser asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import translation

from accounts.identity.zones import zone_choices
from tests.factories.staff import desk, make_officer

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

CHINESE, ENGLISH = '<html lang="zh-Hans"', '<html lang="en"'
PROFILE = {"language": "zh-hans", "country": "DE", "time_zone": "Europe/Berlin", "theme": "dark"}


def signed_in(user: User, **headers: str) -> Client:
    browser = Client(headers=headers)
    browser.force_login(user, backend="accounts.identity.backends.WalletBackend")
    return browser


def switch(browser: Client, language: str) -> HttpResponse:
    return browser.post("/i18n/setlang/", {"language": language, "next": "/help/"})


class TestSomebodyNotSignedIn:
    @pytest.mark.parametrize(
        ("asked", "answered"),
        [
            ("zh-Hans", CHINESE),
            ("zh-CN", CHINESE),
            ("zh-SG,zh;q=0.9", CHINESE),
            ("zh", CHINESE),
            ("zh-TW", CHINESE),
            ("en-GB,zh-CN;q=0.5", ENGLISH),
            ("fr-FR,zh-CN;q=0.5,en;q=0.2", CHINESE),
            ("fr", ENGLISH),
            ("", ENGLISH),
            ("\x00;;q=x", ENGLISH),
        ],
    )
    def test_reads_what_the_browser_asks_for(self, asked: str, answered: str) -> None:
        page = Client(headers={"Accept-Language": asked}).get("/help/")
        assert answered in page.content.decode()
        assert "Accept-Language" in page["Vary"]

    def test_reads_what_was_chosen_even_when_the_browser_asks_otherwise(self) -> None:
        browser = Client(headers={"Accept-Language": "en"})
        answer = switch(browser, "zh-hans")
        assert (answer.status_code, answer["Location"]) == (302, "/help/")
        assert answer.cookies["language"].value == "zh-hans"
        assert answer.cookies["language"]["max-age"] == 365 * 24 * 60 * 60
        page = browser.get("/help/").content.decode()
        assert CHINESE in page
        assert "常见问题" in page
        switch(browser, "en")
        assert ENGLISH in browser.get("/help/").content.decode()

    def test_cannot_choose_a_language_we_do_not_speak(self) -> None:
        browser = Client()
        assert "language" not in switch(browser, "tlh").cookies
        assert ENGLISH in browser.get("/help/").content.decode()


class TestSomebodySignedIn:
    def test_reads_their_own_language_whatever_the_browser_asks_for(self, alice: User) -> None:
        type(alice).objects.filter(pk=alice.pk).update(language="zh-hans")
        browser = signed_in(alice, **{"Accept-Language": "en"})
        browser.cookies["language"] = "en"
        for page in ("/home/", "/help/", "/nowhere/"):
            assert CHINESE in browser.get(page).content.decode(), page

    def test_the_switch_changes_their_setting(self, alice: User) -> None:
        browser = signed_in(alice)
        switch(browser, "zh-hans")
        alice.refresh_from_db()
        assert alice.language == "zh-hans"
        assert CHINESE in browser.get("/home/").content.decode()

    def test_settings_answer_in_the_language_just_chosen(self, alice: User) -> None:
        browser = signed_in(alice, **{"Accept-Language": "en"})
        answer = browser.post("/settings/", PROFILE, follow=True)
        page = answer.content.decode()
        assert CHINESE in page
        assert "您的设置已保存。" in page
        assert browser.cookies["language"].value == "zh-hans"
        assert browser.cookies["theme"].value == "dark"

    def test_the_browser_keeps_it_after_signing_out(self, alice: User) -> None:
        browser = signed_in(alice, **{"Accept-Language": "en"})
        browser.post("/settings/", PROFILE)
        browser.post("/account/logout/")
        assert CHINESE in browser.get("/help/").content.decode()

    def test_each_language_is_listed_in_its_own_words(self, alice: User) -> None:
        page = signed_in(alice).get("/settings/").content.decode()
        assert '<option value="zh-hans">简体中文</option>' in page
        assert '<option value="en" selected>English</option>' in page


class TestTheApi:
    @pytest.mark.parametrize(
        ("asked", "sentence"),
        [
            ("en", "You are not signed in, or your session has ended."),
            ("zh-Hans", "您尚未登录，或登录已失效。"),
            ("zh-CN", "您尚未登录，或登录已失效。"),
            ("", "You are not signed in, or your session has ended."),
        ],
    )
    def test_answers_in_the_language_asked_for(self, asked: str, sentence: str) -> None:
        answer = Client(headers={"Accept-Language": asked}).get("/api/v1/wallets/")
        assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (
            401,
            "not_authenticated",
            sentence,
        )

    @pytest.mark.parametrize(("asked", "title"), [("en", "Not enough money"), ("zh-CN", "余额不足")])
    def test_the_catalogue_of_errors_too(self, asked: str, title: str) -> None:
        rows = Client(headers={"Accept-Language": asked}).get("/api/v1/errors/").json()["results"]
        assert {row["title"] for row in rows if row["code"] == "insufficient_funds"} == {title}


class TestTimeZones:
    def test_carry_the_names_of_their_cities(self) -> None:
        with translation.override("zh-hans"):
            words = dict(zone_choices(chosen="Europe/Berlin"))
        assert words["Europe/Berlin"] == "柏林 (Europe/Berlin)"
        assert words["Asia/Shanghai"] == "上海 (Asia/Shanghai)"
        assert words["Asia/Kolkata"] == "加尔各答 (Asia/Kolkata)"
        with translation.override("en"):
            words = dict(zone_choices(chosen="Europe/Berlin"))
        assert words["America/New_York"] == "America/New York"

    def test_leave_out_what_no_place_uses_but_not_what_somebody_has(self) -> None:
        offered = [zone for zone, _words in zone_choices(chosen="US/Pacific")]
        assert "US/Pacific" in offered
        assert "UTC" in offered
        assert not {"US/Eastern", "Etc/GMT+3", "localtime", "Factory"} & set(offered)
        assert len(offered) == len(set(offered))


class TestAnOfficer:
    def test_changes_the_language_of_the_desk_from_any_of_its_pages(self) -> None:
        erin = make_officer("erin", "compliance", language="en")
        browser = desk(erin)
        page = browser.get("/admin/payments/withdrawal/").content.decode()
        assert ENGLISH in page
        assert 'action="/i18n/setlang/"' in page
        browser.post("/i18n/setlang/", {"language": "zh-hans", "next": "/admin/payments/withdrawal/"})
        assert "<title>提现 " in browser.get("/admin/payments/withdrawal/").content.decode()
