"""What a handle, a name and a contact may look like, and how much of them a stranger sees. No queries."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.identity.models import handle_skeleton
from wallet_project.lib.errors import Invalid, WalletError

if TYPE_CHECKING:
    from accounts.identity.models import User

HANDLE_LENGTH_MIN = 3
HANDLE_LENGTH_MAX = 20
NAME_LENGTH_MAX = 50
EMAIL_LENGTH_MAX = 254
IDENTIFIER_LENGTH_MAX = 254
PHONE_LENGTH_MIN = 8
"""With the plus and the country: shorter ones are service numbers, nobody's own."""
PASSWORD_LENGTH_MAX = 200
MARKS_IN_A_ROW_MAX = 2
DOT = "•"

RESERVED_HANDLES = frozenset(
    [
        "admin",
        "administrator",
        "api",
        "bank",
        "billing",
        "compliance",
        "help",
        "helpdesk",
        "legal",
        "me",
        "moderator",
        "official",
        "payments",
        "root",
        "security",
        "settings",
        "staff",
        "stripe",
        "paypal",
        "support",
        "system",
        "team",
        "treasury",
        "wallet",
        "webmaster",
        "you",
    ]
)

_NAME_PUNCTUATION = frozenset(" '’.-·,&()")
_HANDLE_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._")
# Scripts whose letters are drawn alike: a name mixes at most one of them with anything.
_ALIKE_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC")


class IdentifierMalformed(WalletError):
    """The text is neither a handle, an e-mail address nor a phone number."""

    code = "identifier_malformed"


@dataclass(frozen=True, slots=True)
class Identifier:
    """How somebody is named: ``kind`` is handle, email or phone; ``value`` is the normal form that is stored."""

    kind: str
    value: str


# --- normal forms


def normalise_identifier(text: str, country: str) -> Identifier:
    """Reads ``@handle``, an e-mail address or a phone number (national form: of ``country``).

    Raises IdentifierMalformed. Costs the same for known and unknown people: it asks nobody.
    """
    candidate = unicodedata.normalize("NFKC", text[: IDENTIFIER_LENGTH_MAX + 1]).strip()
    if not candidate or len(candidate) > IDENTIFIER_LENGTH_MAX or "\x00" in candidate:
        raise IdentifierMalformed
    if "@" in candidate[1:]:
        return Identifier("email", normalise_email(candidate))
    if _looks_like_phone(candidate):
        return Identifier("phone", normalise_phone(candidate, country))
    handle = candidate.removeprefix("@").lower()
    if not _handle_shape_fits(handle):
        raise IdentifierMalformed
    return Identifier("handle", handle)


def normalise_email(text: str) -> str:
    """An e-mail address in lower case. Raises IdentifierMalformed."""
    address = text.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise IdentifierMalformed from error
    if len(address) > EMAIL_LENGTH_MAX:
        raise IdentifierMalformed
    return address


def normalise_phone(text: str, country: str) -> str:
    """A phone number in E.164. National forms are read as of ``country``. Raises IdentifierMalformed."""
    try:
        number = phonenumbers.parse(text[:40], country)
    except phonenumbers.NumberParseException as error:
        raise IdentifierMalformed from error
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    if not possible or number.extension:
        raise IdentifierMalformed
    formatted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if len(formatted) < PHONE_LENGTH_MIN:
        raise IdentifierMalformed
    return formatted


def normalise_handle(text: str) -> str:
    """A handle somebody chooses: NFKC, lower case, 3–20 of a–z 0–9 . _ between letters or digits.

    Raises Invalid with one of handle_length, handle_characters, handle_reserved.
    """
    handle = unicodedata.normalize("NFKC", text[:200]).strip().removeprefix("@").lower()
    if not HANDLE_LENGTH_MIN <= len(handle) <= HANDLE_LENGTH_MAX:
        raise Invalid({"handle": "handle_length"})
    if not _handle_shape_fits(handle) or handle.isdigit():
        raise Invalid({"handle": "handle_characters"})
    if handle_skeleton(handle) in _RESERVED_SKELETONS:
        raise Invalid({"handle": "handle_reserved"})
    return handle


_RESERVED_SKELETONS = frozenset(handle_skeleton(handle) for handle in RESERVED_HANDLES)


def clean_name(text: str) -> str:
    """A name as a person writes it: any script, no emoji, no invisible or direction characters, no look-alikes.

    Raises Invalid with one of name_length, name_invisible, name_emoji, name_marks, name_characters,
    name_mixed_scripts.
    """
    if len(text) > NAME_LENGTH_MAX * 4:
        raise Invalid({"shown_name": "name_length"})
    # NFKC: letters in a costume (mathematical, full-width, ligatures) become plain ones before anything is judged.
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise Invalid({"shown_name": "name_length"})
    _refuse_characters(name)
    if not any(character.isalpha() for character in name):
        raise Invalid({"shown_name": "name_characters"})
    if len(_alike_scripts(name)) > 1:
        raise Invalid({"shown_name": "name_mixed_scripts"})
    return name


def _refuse_characters(name: str) -> None:
    marks = 0
    for character in name:
        category = unicodedata.category(character)
        marks = marks + 1 if category[0] == "M" else 0
        if category[0] == "C":
            raise Invalid({"shown_name": "name_invisible"})
        if category in ("So", "Sk", "Me") or "\ufe00" <= character <= "\ufe0f":
            raise Invalid({"shown_name": "name_emoji"})
        if marks > MARKS_IN_A_ROW_MAX:
            raise Invalid({"shown_name": "name_marks"})
        if category[0] in "PSZ" and character not in _NAME_PUNCTUATION:
            raise Invalid({"shown_name": "name_characters"})


def _alike_scripts(name: str) -> set[str]:
    words = (unicodedata.name(character, "").split(" ", 1)[0] for character in name if character.isalpha())
    return {word for word in words if word in _ALIKE_SCRIPTS}


def _looks_like_phone(text: str) -> bool:
    digits = sum(character.isdigit() for character in text)
    return digits >= 5 and all(character.isdigit() or character in "+-()/. " for character in text)


def _handle_shape_fits(handle: str) -> bool:
    return (
        HANDLE_LENGTH_MIN <= len(handle) <= HANDLE_LENGTH_MAX
        and set(handle) <= _HANDLE_LETTERS
        and handle[0] not in "._"
        and handle[-1] not in "._"
    )


# --- what others see


def mask_name(name: str) -> str:
    """``Mei C•••``, ``A•••``, ``•美``: enough to recognise somebody you know, too little to learn a name."""
    words = name.split()
    if not words:
        return DOT * 3
    if _is_ideographic(words[-1][-1]):
        return DOT + words[-1][-1]
    if len(words) == 1:
        return words[0][0] + DOT * 3
    return f"{words[0]} {words[-1][0]}{DOT * 3}"


def mask_email(email: str) -> str:
    """``a•••@e•••.com``"""
    local, _at, domain = email.partition("@")
    host, dot, ending = domain.rpartition(".")
    return f"{local[:1]}{DOT * 3}@{(host or ending)[:1]}{DOT * 3}{dot}{ending if dot else ''}"


def mask_phone(phone: str) -> str:
    """``+86 138••••5678``"""
    number = phonenumbers.parse(phone)
    national = phonenumbers.national_significant_number(number)
    shown = 3 if len(national) >= 10 else 1
    return f"+{number.country_code} {national[:shown]}{DOT * 4}{national[-4 if len(national) >= 9 else -2 :]}"


def mask_identifier(identifier: Identifier) -> str:
    """The identifier as a stranger sees it; a handle is public and stays whole."""
    if identifier.kind == "email":
        return mask_email(identifier.value)
    if identifier.kind == "phone":
        return mask_phone(identifier.value)
    return f"@{identifier.value}"


def shown_to(viewer_has_paid: bool, person: User, identifier: Identifier) -> str:
    """What a payer sees of ``person``: the masked name where they were paid before or allow it, else the identifier."""
    allowed = {
        "handle": person.discoverable_by_handle,
        "email": person.discoverable_by_email,
        "phone": person.discoverable_by_phone,
    }[identifier.kind]
    if (viewer_has_paid or allowed) and person.shown_name:
        return mask_name(person.shown_name)
    return mask_identifier(identifier)


def own_contact(person: User) -> str:
    """The contact a person signs in with, masked: for their own pages."""
    if person.email:
        return mask_email(person.email)
    return mask_phone(person.phone) if person.phone else ""


def display_name(person: User) -> str:
    """How the wallet addresses somebody on their own pages."""
    if person.shown_name:
        return person.shown_name
    if person.handle:
        return f"@{person.handle}"
    return own_contact(person) or person.public_id


def _is_ideographic(character: str) -> bool:
    return unicodedata.name(character, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))


# --- passwords


class MaximumLengthValidator:
    """A password of a megabyte is an attack on the hash, not a password."""

    def __init__(self, max_length: int = PASSWORD_LENGTH_MAX) -> None:
        self.max_length = max_length

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError above the maximum."""
        if len(password) > self.max_length:
            message = _("This password is too long. Use at most %(max_length)d characters.")
            raise ValidationError(message, code="password_too_long", params={"max_length": self.max_length})

    def get_help_text(self) -> str:
        return _("Your password can have up to %(max_length)d characters.") % {"max_length": self.max_length}
