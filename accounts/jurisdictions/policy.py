"""Which countries we serve, the currency a wallet opens in there, and which currencies may be added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Country:
    """``code`` is ISO 3166-1 alpha-2, ``currency`` ISO 4217."""

    code: str
    name: str | Promise
    currency: str
    time_zone: str


_SERVED = (
    Country("AT", _("Austria"), "EUR", "Europe/Vienna"),
    Country("AU", _("Australia"), "AUD", "Australia/Sydney"),
    Country("BE", _("Belgium"), "EUR", "Europe/Brussels"),
    Country("CA", _("Canada"), "CAD", "America/Toronto"),
    Country("CH", _("Switzerland"), "CHF", "Europe/Zurich"),
    Country("CN", _("China"), "CNY", "Asia/Shanghai"),
    Country("DE", _("Germany"), "EUR", "Europe/Berlin"),
    Country("ES", _("Spain"), "EUR", "Europe/Madrid"),
    Country("FI", _("Finland"), "EUR", "Europe/Helsinki"),
    Country("FR", _("France"), "EUR", "Europe/Paris"),
    Country("GB", _("United Kingdom"), "GBP", "Europe/London"),
    Country("GR", _("Greece"), "EUR", "Europe/Athens"),
    Country("HK", _("Hong Kong"), "HKD", "Asia/Hong_Kong"),
    Country("IE", _("Ireland"), "EUR", "Europe/Dublin"),
    Country("IT", _("Italy"), "EUR", "Europe/Rome"),
    Country("JP", _("Japan"), "JPY", "Asia/Tokyo"),
    Country("LU", _("Luxembourg"), "EUR", "Europe/Luxembourg"),
    Country("NL", _("Netherlands"), "EUR", "Europe/Amsterdam"),
    Country("PT", _("Portugal"), "EUR", "Europe/Lisbon"),
    Country("SG", _("Singapore"), "SGD", "Asia/Singapore"),
    Country("US", _("United States"), "USD", "America/New_York"),
)

COUNTRIES: dict[str, Country] = {country.code: country for country in _SERVED}

CURRENCY_NAMES: dict[str, str | Promise] = {
    "EUR": _("Euro"),
    "USD": _("US dollar"),
    "GBP": _("Pound sterling"),
    "CHF": _("Swiss franc"),
    "CNY": _("Chinese yuan"),
    "HKD": _("Hong Kong dollar"),
    "SGD": _("Singapore dollar"),
    "JPY": _("Japanese yen"),
    "AUD": _("Australian dollar"),
    "CAD": _("Canadian dollar"),
}


def country(code: str) -> Country:
    """The country with this code, or the default one when the code is empty or not served."""
    return COUNTRIES.get(code.upper()) or COUNTRIES[settings.DEFAULT_COUNTRY]


def default_country() -> Country:
    """Where a person is taken to be until they say otherwise (``DEFAULT_COUNTRY``)."""
    return COUNTRIES[settings.DEFAULT_COUNTRY]


def currency_of(country_code: str) -> str:
    """The currency the first wallet of a person in this country opens in."""
    return country(country_code).currency


def currencies() -> tuple[str, ...]:
    """Every currency a wallet may be opened in, the most asked for first."""
    return tuple(CURRENCY_NAMES)


def choices() -> list[tuple[str, str]]:
    """Countries for a form, by their name in the active language."""
    return sorted(((served.code, str(served.name)) for served in _SERVED), key=lambda pair: pair[1])
