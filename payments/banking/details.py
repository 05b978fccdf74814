"""What a bank account's IBAN, BIC and holder may look like, and whether two names are one person. No queries."""

from __future__ import annotations

import unicodedata

from schwifty import BIC, IBAN
from schwifty.exceptions import (
    InvalidChecksumDigits,
    InvalidCountryCode,
    InvalidLength,
    InvalidStructure,
    SchwiftyException,
)

from payments.banking.errors import BicInvalid, HolderNameInvalid, IbanInvalid
from payments.banking.policy import HOLDER_LENGTH_MAX

_SEPA = "AD AL AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MD ME MK MT NL NO PL PT RO RS"
SEPA_COUNTRIES = frozenset([*_SEPA.split(), "SE", "SI", "SK", "SM", "VA"])
"""Whose IBANs a SEPA credit transfer reaches (EPC 409-09); another country's IBAN is valid and cannot be paid."""

_SHARED_BANKS = {"MC": "FR", "SM": "IT", "VA": "IT"}
"""Small countries whose banks may have a BIC of the neighbour."""

_UNSPACED = ("CJK UNIFIED IDEOGRAPH", "HIRAGANA", "KATAKANA", "HANGUL")
"""How Unicode names the characters of names that are written without spaces."""

_FAULTS: tuple[tuple[type[SchwiftyException], str], ...] = (
    (InvalidCountryCode, "country"),
    (InvalidLength, "length"),
    (InvalidStructure, "characters"),
    (InvalidChecksumDigits, "checksum"),
)


def clean_iban(text: str) -> str:
    """An IBAN without spaces, in capitals, with the right length and check digits (ISO 13616), and within SEPA.

    Raises IbanInvalid whose ``fault`` is characters, country, length, checksum, bank or not_reached.
    """
    compact = "".join(unicodedata.normalize("NFKC", text[:100]).split()).replace("-", "")
    if not compact.isascii() or not compact.isalnum():
        raise _iban_fault("characters")
    try:
        iban = str(IBAN(compact.upper()))
    except SchwiftyException as error:
        raise _iban_fault(next((fault for kind, fault in _FAULTS if isinstance(error, kind)), "bank")) from error
    if iban[:2] not in SEPA_COUNTRIES:
        raise _iban_fault("not_reached")
    return iban


def clean_bic(text: str, *, iban: str) -> str:
    """A BIC in capitals (ISO 9362); without one, what the register says of the IBAN's bank.

    Raises BicInvalid whose ``fault`` is shape, needed (the register does not know) or other_bank (another country's).
    """
    compact = "".join(unicodedata.normalize("NFKC", text[:40]).split()).upper()
    try:
        bic = BIC(compact) if compact else IBAN(iban).bic
    except SchwiftyException as error:
        raise BicInvalid({"bic": "bic_shape"}, fault="shape") from error
    if bic is None:
        raise BicInvalid({"bic": "bic_needed"}, fault="needed")
    if not _same_country(str(bic)[4:6], iban[:2]):
        raise BicInvalid({"bic": "bic_other_bank"}, fault="other_bank")
    return str(bic)


def bank_name(iban: str, bic: str) -> str:
    """The bank's name from the public registers, or ""."""
    names = [IBAN(iban).bank_name, *(BIC(bic).bank_names or ())]
    return next((name for name in names if name), "")[:140]


def clean_holder(text: str) -> str:
    """The account holder's name in one line, NFC, 1 to 70 characters of any script. Raises HolderNameInvalid."""
    name = " ".join(unicodedata.normalize("NFC", text[:500]).split())
    shown = all(unicodedata.category(character)[0] in "LMNPZ" for character in name)
    if not name or len(name) > HOLDER_LENGTH_MAX or not shown or not any(c.isalpha() for c in name):
        raise HolderNameInvalid({"holder_name": "holder_name_invalid"})
    return name


def mask_iban(iban: str) -> str:
    """``DE•• •••• 3000``: enough for its owner to know which it is."""
    return f"{iban[:2]}•• •••• {iban[-4:]}"


def names_match(holder: str, person: str) -> bool:
    """Whether two spellings name the same person: case, accents, order and middle names do not count.

    At least two words must be common, or all of them where both names have only one. Names in Chinese, Japanese or
    Korean characters may be written with or without spaces.
    """
    joined = _joined(holder)
    if joined and joined == _joined(person):
        return True
    fewer, more = sorted((_words(holder), _words(person)), key=len)
    if not fewer:
        return False
    return fewer <= more and (len(fewer) > 1 or len(more) == 1)


def _words(name: str) -> frozenset[str]:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    return frozenset("".join(c if c.isalnum() else " " for c in folded if not unicodedata.combining(c)).split())


def _joined(name: str) -> str:
    """The name without spaces if it is wholly in characters that need none, else ""."""
    folded = "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())
    return folded if all(unicodedata.name(c, "").startswith(_UNSPACED) for c in folded) else ""


def _same_country(bic_country: str, iban_country: str) -> bool:
    return bic_country == iban_country or _SHARED_BANKS.get(iban_country) == bic_country


def _iban_fault(fault: str) -> IbanInvalid:
    return IbanInvalid({"iban": f"iban_{fault}"}, fault=fault)
