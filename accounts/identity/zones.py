"""The time zones people can choose, with their cities in the person's language."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale
from babel.core import get_global
from django.utils.translation import get_language

_LOCALES = {"en": "en_US", "zh-hans": "zh_Hans_CN"}
_UTC = "UTC"


def zone_choices(*, chosen: str) -> list[tuple[str, str]]:
    """Zone and words for a select, ordered by zone: ``柏林 (Europe/Berlin)``. ``chosen`` is offered in any case.

    Names the time zone database keeps only for old software (``US/Pacific``, ``Etc/GMT+3``) are left out.
    """
    zones = _zones()
    if chosen and chosen not in zones:
        zones = tuple(sorted((*zones, chosen)))
    language = get_language() or "en"
    return [(zone, _words(zone, language)) for zone in zones]


@lru_cache(maxsize=1)
def _zones() -> tuple[str, ...]:
    aliases = get_global("zone_aliases")
    places = (zone for zone in get_global("zone_territories") if zone not in aliases and not zone.startswith("Etc/"))
    return (*sorted(places), _UTC)


@lru_cache(maxsize=1024)
def _words(zone: str, language: str) -> str:
    plain = zone.replace("_", " ")
    cities = Locale.parse(_LOCALES.get(language, "en_US")).time_zones
    # CLDR files a renamed city under its first name: Asia/Kolkata is at Asia/Calcutta.
    names = (zone, *(old for old, new in get_global("zone_aliases").items() if new == zone))
    city = next((cities[name]["city"] for name in names if "city" in cities.get(name, {})), "")
    return f"{city} ({plain})" if city and city not in plain else plain
