"""Start-up: the functions this code calls are there; the commands and the tag."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.template import Context, Template
from django.utils import translation

from ledger import checks
from ledger.money import Money

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
