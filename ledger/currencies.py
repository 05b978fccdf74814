"""Currencies: ISO 4217 numeric codes and exponents, and the digital units we know. The one source of decimals.

Source: ISO 4217 list one (active codes). Digital units have no ISO number; ours begin at 1000 and never change,
because platform account ids are made of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import CurrencyUnknown

_TWO_DECIMALS = """
AED784 AFN971 ALL008 AMD051 AOA973 ARS032 AUD036 AWG533 AZN944 BAM977 BBD052 BDT050 BGN975 BMD060 BND096 BOB068 BRL986
BSD044 BTN064 BWP072 BYN933 BZD084 CAD124 CDF976 CHF756 CNY156 COP170 CRC188 CUP192 CVE132 CZK203 DKK208 DOP214 DZD012
EGP818 ERN232 ETB230 EUR978 FJD242 FKP238 GBP826 GEL981 GHS936 GIP292 GMD270 GTQ320 GYD328 HKD344 HNL340 HTG332 HUF348
IDR360 ILS376 INR356 IRR364 JMD388 KES404 KGS417 KHR116 KPW408 KYD136 KZT398 LAK418 LBP422 LKR144 LRD430 LSL426 MAD504
MDL498 MGA969 MKD807 MMK104 MNT496 MOP446 MRU929 MUR480 MVR462 MWK454 MXN484 MYR458 MZN943 NAD516 NGN566 NIO558 NOK578
NPR524 NZD554 PAB590 PEN604 PGK598 PHP608 PKR586 PLN985 QAR634 RON946 RSD941 RUB643 SAR682 SBD090 SCR690 SDG938 SEK752
SGD702 SHP654 SLE925 SOS706 SRD968 SSP728 STN930 SVC222 SYP760 SZL748 THB764 TJS972 TMT934 TOP776 TRY949 TTD780 TWD901
TZS834 UAH980 USD840 UYU858 UZS860 VED926 VES928 WST882 XCD951 XCG532 YER886 ZAR710 ZMW967 ZWG924
"""
_NO_DECIMALS = """
BIF108 CLP152 DJF262 GNF324 ISK352 JPY392 KMF174 KRW410 PYG600 RWF646 UGX800 UYI940 VND704 VUV548 XAF950 XOF952 XPF953
"""
_THREE_DECIMALS = "BHD048 IQD368 JOD400 KWD414 LYD434 OMR512 TND788"
_FOUR_DECIMALS = "CLF990 UYW927"
_DIGITAL = (("BTC", 1000, 8), ("USDC", 1001, 6), ("EURC", 1002, 6))


@dataclass(frozen=True, slots=True)
class Currency:
    """``exponent`` is the number of decimals of the minor unit; ``number`` the ISO numeric code (or ours from 1000)."""

    code: str
    number: int
    exponent: int


def _iso(rows: str, decimals: int) -> list[Currency]:
    return [Currency(row[:3], int(row[3:]), decimals) for row in rows.split()]


CURRENCIES: dict[str, Currency] = {
    currency.code: currency
    for currency in (
        *_iso(_NO_DECIMALS, 0),
        *_iso(_TWO_DECIMALS, 2),
        *_iso(_THREE_DECIMALS, 3),
        *_iso(_FOUR_DECIMALS, 4),
        *(Currency(*row) for row in _DIGITAL),
    )
}


def currency(code: str) -> Currency:
    """The row of ``code``; CurrencyUnknown when it is not in the table (lower case is not)."""
    try:
        return CURRENCIES[code]
    except (KeyError, TypeError):
        raise CurrencyUnknown(currency=str(code)) from None


def exponent(code: str) -> int:
    """How many decimals: JPY 0, USD 2, KWD 3, CLF 4, BTC 8."""
    return currency(code).exponent


def number(code: str) -> int:
    """The ISO 4217 numeric code (EUR 978), or our own number from 1000 for a digital unit."""
    return currency(code).number
