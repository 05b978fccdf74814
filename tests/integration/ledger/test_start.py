"""Start-up: the functions this code calls are there; the commands and the tag."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.models import Model
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from ledger import checks
from ledger.admin import AccountAdmin, EntryAdmin
from ledger.models import Account, Entry, Hold
from ledger.money import Money
from tests.factories.ledger import post, wallet

pytestmark = pytest.mark.django_db(databases=["default", "owner"])


class TestCheck:
    def test_is_silent_when_all_is_there(self) -> None:
        assert checks.missing_functions() == []
        assert checks.functions_are_there(None, databases=["default"]) == []
        assert checks.functions_are_there(None) == []

    def test_names_what_is_missing(self) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER FUNCTION ledger_hold_expire RENAME TO ledger_hold_expire_old")
            missing = checks.missing_functions(using="owner")
        assert missing == ["ledger_hold_expire(integer, timestamptz, integer)"]


class TestOpenChart:
    def test_opens_what_is_missing(self) -> None:
        out = StringIO()
        call_command("open_chart", stdout=out)
        assert out.getvalue() == "0 platform accounts opened.\n"

    def test_refuses_an_unknown_currency(self) -> None:
        with pytest.raises(CommandError, match="There is no currency XXX"):
            call_command("open_chart", currency=["XXX"])


class TestMoneyTag:
    @pytest.mark.parametrize(
        ("template", "english", "chinese"),
        [
            ("{% money amount %}", "−$12.50", "−US$12.50"),
            ("{% money amount.amount_minor amount.currency code=True %}", "−12.50\u00a0USD", "−12.50\u00a0USD"),
            ("{% money 500 'JPY' signed=True %}", "+¥500", "+JP¥500"),
            ("{% decimals 'KWD' %}", "3", "3"),
        ],
    )
    def test_shows_money_in_the_readers_language(self, template: str, english: str, chinese: str) -> None:
        page = Template("{% load money %}" + template)
        for language, expected in (("en", english), ("zh-hans", chinese)):
            with translation.override(language):
                assert page.render(Context({"amount": Money(-1250, "USD")})) == expected


class TestDesk:
    def test_shows_an_account_with_its_lines(self) -> None:
        alice = wallet(minor=123_450)
        page = AccountAdmin(Account, admin.site)
        row = Account.objects.get(id=alice.id)
        assert page.posted(row) == "1,234.50\u00a0EUR"
        assert page.held(row) == "0.00\u00a0EUR"
        assert "<td>+1,234.50\u00a0EUR</td><td>1,234.50\u00a0EUR</td>" in page.latest(row)

    def test_shows_an_entry_with_its_lines(self) -> None:
        alice, bob = wallet(minor=500), wallet()
        sent = post(alice.id, bob.id, 200)
        shown = EntryAdmin(Entry, admin.site).lines(Entry.objects.get(id=sent.entry_id))
        assert f"<tr><td>1</td><td>{alice.id}</td><td>0</td><td>−2.00\u00a0EUR</td></tr>" in shown
        assert f"<tr><td>2</td><td>{bob.id}</td><td>0</td><td>+2.00\u00a0EUR</td></tr>" in shown

    @pytest.mark.parametrize("model", [Account, Entry, Hold])
    def test_changes_nothing(self, model: type[Model], rf: RequestFactory) -> None:
        page = admin.site._registry[model]
        request = rf.get("/")
        assert not page.has_add_permission(request)
        assert not page.has_change_permission(request)
        assert not page.has_delete_permission(request)
