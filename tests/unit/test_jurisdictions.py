"""Countries and currencies. Pure: no database."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from accounts.jurisdictions import policy
from accounts.jurisdictions.rates import REFERENCE
from ledger import currencies


def test_germany_and_euro_by_default() -> None:
    assert policy.default_country().code == "DE"
    assert policy.currency_of("DE") == "EUR"
    assert policy.currency_of("") == "EUR"
    assert policy.country("ZZ").code == "DE"


def test_a_country_is_found_in_any_case() -> None:
    assert policy.country("cn").currency == "CNY"


def test_every_currency_of_a_country_has_a_name_a_rate_and_decimals() -> None:
    for country in policy.COUNTRIES.values():
        assert country.currency in policy.CURRENCY_NAMES
    assert set(policy.CURRENCY_NAMES) == set(REFERENCE)
    for code in policy.currencies():
        assert currencies.exponent(code) in (0, 2)


def test_every_country_has_a_time_zone_that_exists() -> None:
    for country in policy.COUNTRIES.values():
        assert ZoneInfo(country.time_zone).key == country.time_zone
