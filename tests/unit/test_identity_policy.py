"""Handles, names, contacts and masks, without a database."""

from __future__ import annotations

import pytest

from accounts.identity.models import User
from accounts.identity.policy import (
    Identifier,
    IdentifierMalformed,
    clean_name,
    display_name,
    mask_email,
    mask_name,
    mask_phone,
    normalise_handle,
    normalise_identifier,
    shown_to,
)
from wallet_project.lib.errors import Invalid


class TestNames:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("Ada Lovelace", "Ada Lovelace"),
            ("  Ada   Lovelace ", "Ada Lovelace"),
            ("王小美", "王小美"),
            ("محمد", "محمد"),
            ("אורי", "אורי"),
            ("Zoë O'Brien-Núñez Jr.", "Zoë O'Brien-Núñez Jr."),
            ("e\u0301lan", "élan"),
            ("Nguyễn Thị Ánh", "Nguyễn Thị Ánh"),
            ("Иван", "Иван"),
            ("張 Mei", "張 Mei"),
        ],
    )
    def test_keeps_names_of_any_script(self, typed: str, kept: str) -> None:
        assert clean_name(typed) == kept

    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ("", "name_length"),
            ("   ", "name_length"),
            ("a" * 51, "name_length"),
            ("a" * 10_000, "name_length"),
            ("Ada\u202egnihtemos", "name_invisible"),
            ("Ada\u200bL", "name_invisible"),
            ("Ada\x00", "name_invisible"),
            ("Ada\ud800", "name_invisible"),
            ("😀", "name_emoji"),
            ("Ada ❤️", "name_emoji"),
            ("👩‍👩‍👧‍👦", "name_emoji"),
            ("Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A", "name_marks"),
            ("1234", "name_characters"),
            ("<b>Ada</b>", "name_characters"),
            ("=1+1", "name_characters"),
            ("Аda", "name_mixed_scripts"),
            ("Οliver", "name_mixed_scripts"),
        ],
    )
    def test_refuses_what_deceives(self, typed: str, code: str) -> None:
        with pytest.raises(Invalid) as refused:
            clean_name(typed)
        assert refused.value.fields == {"shown_name": code}


class TestHandles:
    @pytest.mark.parametrize(
        ("typed", "kept"), [("@Ada", "ada"), ("ＡＤＡ", "ada"), ("ada.l_1", "ada.l_1"), (" mei88 ", "mei88")]
    )
    def test_normal_form(self, typed: str, kept: str) -> None:
        assert normalise_handle(typed) == kept

    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ("ab", "handle_length"),
            ("a" * 21, "handle_length"),
            ("x" * 10_000, "handle_length"),
            ("_ada", "handle_characters"),
            ("ada.", "handle_characters"),
            ("аda", "handle_characters"),
            ("a da", "handle_characters"),
            ("12345", "handle_characters"),
            ("admin", "handle_reserved"),
            ("supp0rt", "handle_reserved"),
            ("wa11et", "handle_reserved"),
        ],
    )
    def test_refusals(self, typed: str, code: str) -> None:
        with pytest.raises(Invalid) as refused:
            normalise_handle(typed)
        assert refused.value.fields == {"handle": code}


class TestIdentifiers:
    @pytest.mark.parametrize(
        ("typed", "kind", "value"),
        [
            ("@Ada", "handle", "ada"),
            ("ada", "handle", "ada"),
            ("Ada@Example.COM", "email", "ada@example.com"),
            ("+49 151 23456789", "phone", "+4915123456789"),
            ("0151/234-567-89", "phone", "+4915123456789"),
            ("＋４９１５１２３４５６７８９", "phone", "+4915123456789"),
            ("+86 138 0000 5678", "phone", "+8613800005678"),
        ],
    )
    def test_normal_forms(self, typed: str, kind: str, value: str) -> None:
        assert normalise_identifier(typed, "DE") == Identifier(kind, value)

    def test_a_national_number_is_of_the_given_country(self) -> None:
        assert normalise_identifier("138 0000 5678", "CN") == Identifier("phone", "+8613800005678")

    @pytest.mark.parametrize("typed", ["", "a", "ada@", "+", "+999999999999999999", "00000", "a b", "<x>", "\u202eada"])
    def test_malformed(self, typed: str) -> None:
        with pytest.raises(IdentifierMalformed):
            normalise_identifier(typed, "DE")


class TestMasks:
    @pytest.mark.parametrize(
        ("name", "masked"),
        [
            ("Mei Chen", "Mei C•••"),
            ("Alice", "A•••"),
            ("王美", "•美"),
            ("王小美", "•美"),
            ("Ada King Lovelace", "Ada L•••"),
            ("", "•••"),
        ],
    )
    def test_names(self, name: str, masked: str) -> None:
        assert mask_name(name) == masked

    def test_contacts(self) -> None:
        assert mask_email("alice@example.com") == "a•••@e•••.com"
        assert mask_phone("+8613812345678") == "+86 138••••5678"
        assert mask_phone("+4915123456789") == "+49 151••••6789"

    def test_a_stranger_sees_a_name_only_where_it_is_allowed_or_was_paid(self) -> None:
        mei = User(shown_name="Mei Chen", handle="mei", discoverable_by_handle=True)
        email, phone, handle = (
            Identifier("email", "mei@example.com"),
            Identifier("phone", "+8613812345678"),
            Identifier("handle", "mei"),
        )
        assert shown_to(False, mei, handle) == "Mei C•••"
        assert shown_to(False, mei, email) == "m•••@e•••.com"
        assert shown_to(True, mei, email) == "Mei C•••"
        assert shown_to(False, mei, phone) == "+86 138••••5678"
        mei.discoverable_by_handle = False
        assert shown_to(False, mei, handle) == "@mei"
        assert shown_to(True, User(handle="ada"), handle) == "@mei"

    def test_people_without_a_name_are_addressed_by_what_there_is(self) -> None:
        assert display_name(User(shown_name="Ada")) == "Ada"
        assert display_name(User(handle="ada")) == "@ada"
        assert display_name(User(email="ada@example.com")) == "a•••@e•••.com"
        assert display_name(User()).startswith("usr_")
