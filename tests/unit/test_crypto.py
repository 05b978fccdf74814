"""Sealed values open only where, for whom and under the keys they were sealed; everything else raises."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import FieldError
from django.db import models

from wallet_project.lib.crypto import (
    CannotDecrypt,
    EncryptedTextField,
    blind_index,
    key_id,
    newest_key_id,
    seal,
    seal_bytes,
    seal_findable,
    unseal,
    unseal_bytes,
    unseal_findable,
)

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

PLACE = "accounts_user.email"


class TestSeal:
    def test_opens_to_what_was_sealed_in_any_script(self) -> None:
        for text in ("ada@example.com", "王小美", "a" * 10_000, "é\u0301"):
            assert unseal(seal(text, place=PLACE), place=PLACE) == text

    def test_names_its_key_and_shows_nothing(self) -> None:
        sealed = seal("ada@example.com", place=PLACE)
        assert sealed.startswith(f"v{newest_key_id()}:")
        assert "ada" not in sealed
        assert key_id(sealed) == newest_key_id()

    def test_is_different_every_time(self) -> None:
        assert seal("same", place=PLACE) != seal("same", place=PLACE)

    def test_does_not_open_in_another_column(self) -> None:
        with pytest.raises(CannotDecrypt):
            unseal(seal("x", place=PLACE), place="accounts_user.phone")

    def test_does_not_open_for_another_owner(self) -> None:
        sealed = seal("x", place=PLACE, owner="alice")
        assert unseal(sealed, place=PLACE, owner="alice") == "x"
        for owner in ("mallory", ""):
            with pytest.raises(CannotDecrypt):
                unseal(sealed, place=PLACE, owner=owner)

    @pytest.mark.parametrize(
        "damaged", ["", "plain text", "v1:", "v1:AAAA", "v9:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "s1:AAAA", "v1:é"]
    )
    def test_raises_for_anything_else_and_never_shows_plain_text(self, damaged: str) -> None:
        with pytest.raises(CannotDecrypt):
            unseal(damaged, place=PLACE)

    def test_a_flipped_bit_does_not_open(self) -> None:
        sealed = seal("100.00", place=PLACE)
        flipped = sealed[:-1] + ("A" if sealed[-1] != "A" else "B")
        with pytest.raises(CannotDecrypt):
            unseal(flipped[:20] + ("A" if flipped[20] != "A" else "B") + flipped[21:], place=PLACE)

    def test_old_keys_open_and_the_newest_seals(self, settings: SettingsWrapper) -> None:
        old = seal("kept", place=PLACE)
        settings.FIELD_KEYS = {"2": secrets.token_bytes(32), **settings.FIELD_KEYS}
        assert unseal(old, place=PLACE) == "kept"
        assert key_id(seal("new", place=PLACE)) == "2"
        settings.FIELD_KEYS = {"2": settings.FIELD_KEYS["2"]}
        with pytest.raises(CannotDecrypt):
            unseal(old, place=PLACE)


class TestSealFindable:
    def test_equal_texts_have_equal_ciphertexts_in_one_place_only(self) -> None:
        one, two = seal_findable("ada@example.com", place="a.b"), seal_findable("ada@example.com", place="a.b")
        assert one == two
        assert seal_findable("ada@example.com", place="a.c") != one
        assert seal_findable("bob@example.com", place="a.b") != one
        assert unseal_findable(one, place="a.b") == "ada@example.com"

    def test_raises_elsewhere_and_for_the_other_kind(self) -> None:
        with pytest.raises(CannotDecrypt):
            unseal_findable(seal_findable("x", place="a.b"), place="a.c")
        with pytest.raises(CannotDecrypt):
            unseal_findable(seal("x", place="a.b"), place="a.b")


class TestSealBytes:
    def test_opens_with_the_secret_alone(self) -> None:
        sealed = seal_bytes(b"payload", secret=b"k" * 32, purpose="test")
        assert b"payload" not in sealed
        assert unseal_bytes(sealed, secret=b"k" * 32, purpose="test") == b"payload"
        with pytest.raises(CannotDecrypt):
            unseal_bytes(sealed, secret=b"x" * 32, purpose="test")
        with pytest.raises(CannotDecrypt):
            unseal_bytes(sealed, secret=b"k" * 32, purpose="other")


class TestBlindIndex:
    def test_is_stable_per_purpose_and_needs_the_key(self, settings: SettingsWrapper) -> None:
        one = blind_index("+4915123456789", "user.phone")
        assert one == blind_index("+4915123456789", "user.phone")
        assert len(one) == 64
        assert one != blind_index("+4915123456789", "payee.identifier")
        settings.BLIND_INDEX_KEY = secrets.token_bytes(32)
        assert one != blind_index("+4915123456789", "user.phone")


class TestEncryptedTextField:
    def test_cannot_be_searched_or_updated_in_bulk(self) -> None:
        from accounts.identity.models import User

        for lookup in ("email", "email__contains", "email__in"):
            with pytest.raises(FieldError):
                User.objects.filter(**{lookup: "a"}).query.sql_with_params()
        with pytest.raises(FieldError):
            EncryptedTextField().get_prep_value("plain")

    def test_says_its_owner_to_migrations(self) -> None:
        field = EncryptedTextField(owner="id", default="")
        _name, path, _args, kwargs = field.deconstruct()
        assert (path, kwargs) == ("wallet_project.lib.crypto.EncryptedTextField", {"owner": "id", "default": ""})
        assert isinstance(field, models.TextField)
