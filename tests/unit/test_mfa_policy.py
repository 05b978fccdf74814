"""Which payment PINs are too easy, and what a wrong one leads to."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from argon2 import PasswordHasher

from accounts.mfa.attempts import Attempt, Standing, Verdict
from accounts.mfa.errors import PinMalformed, PinTooEasy
from accounts.mfa.hashing import hash_pin, keyed_code, new_code, pin_matches
from accounts.mfa.policy import check_pin
from wallet_project.settings import auth

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ALICE = UUID("01939f00-0000-7000-8000-00000000a11c")
BOB = UUID("01939f00-0000-7000-8000-000000000b0b")


class TestCheckPin:
    @pytest.mark.parametrize("pin", ["739154", "482915", "205873", "918204"])
    def test_takes_an_ordinary_pin(self, pin: str) -> None:
        assert check_pin(pin, phone="+4915123456789") is None

    @pytest.mark.parametrize(
        ("pin", "reason"),
        [
            ("000000", "sequence"),
            ("123456", "sequence"),
            ("987654", "sequence"),
            ("890123", "sequence"),
            ("975319", "sequence"),
            ("121212", "repeats"),
            ("123123", "repeats"),
            ("110001", "repeats"),
            ("112233", "common"),
            ("159753", "common"),
        ],
    )
    def test_refuses_what_guessers_try_first(self, pin: str, reason: str) -> None:
        with pytest.raises(PinTooEasy) as refusal:
            check_pin(pin)
        assert refusal.value.params == {"reason": reason}

    def test_refuses_six_neighbouring_digits_of_the_phone(self) -> None:
        with pytest.raises(PinTooEasy) as refusal:
            check_pin("512936", phone="+49 151 2936 7788")
        assert refusal.value.params == {"reason": "phone"}

    @pytest.mark.parametrize("pin", ["240787", "072487", "870724", "198707"])
    def test_refuses_the_birth_date_however_written(self, pin: str) -> None:
        with pytest.raises(PinTooEasy) as refusal:
            check_pin(pin, birth_date=date(1987, 7, 24))
        assert refusal.value.params == {"reason": "birth_date"}

    @pytest.mark.parametrize("pin", ["", "12345", "1234567", "73915a", "７３９１５４", " 739154", "739154\n", "٧٣٩١٥٤"])
    def test_refuses_anything_but_six_ascii_digits(self, pin: str) -> None:
        with pytest.raises(PinMalformed) as refusal:
            check_pin(pin)
        assert refusal.value.fields == {"pin": "pin_malformed"}


class TestStanding:
    def test_counts_down_to_thirty_minutes_then_a_day_then_a_reset(self) -> None:
        standing, at, lefts = Standing(), AT, []
        for _ in range(5):
            standing = standing.after_wrong(at)
            lefts.append(Verdict.refused(standing, at).tries_left)
        assert lefts == [4, 3, 2, 1, 0]
        assert standing == Standing(0, 1, AT + timedelta(minutes=30))

        at += timedelta(minutes=30)
        assert not standing.is_locked(at)
        for _ in range(5):
            standing = standing.after_wrong(at)
        assert standing == Standing(0, 2, at + timedelta(hours=24))

        at += timedelta(hours=24)
        for _ in range(5):
            standing = standing.after_wrong(at)
        assert standing == Standing(0, 3, None)
        assert standing.reset_required
        assert standing.is_locked(at + timedelta(days=3650))

    def test_is_locked_until_the_very_moment(self) -> None:
        locked = Standing(0, 1, AT)
        assert locked.is_locked(AT - timedelta(microseconds=1))
        assert not locked.is_locked(AT)

    def test_an_attempt_never_shows_its_secret(self) -> None:
        assert "739154" not in repr(Attempt(secret="739154", at=AT))


class TestHashing:
    def test_a_hash_fits_its_pin_and_its_person_only(self) -> None:
        kept = hash_pin(ALICE, "739154")
        assert pin_matches(ALICE, "739154", kept)
        assert not pin_matches(ALICE, "739155", kept)
        assert not pin_matches(BOB, "739154", kept)

    def test_a_hash_is_worth_nothing_without_the_pepper(self, settings) -> None:
        kept = hash_pin(ALICE, "739154")
        settings.PIN_PEPPER = b"x" * 32
        assert not pin_matches(ALICE, "739154", kept)

    def test_no_pin_matches_nothing(self) -> None:
        assert not pin_matches(ALICE, "739154", "")

    def test_is_argon2id(self) -> None:
        assert hash_pin(ALICE, "739154").startswith("$argon2id$v=19$")

    def test_outside_of_tests_a_guess_costs_at_least_fifty_milliseconds(self) -> None:
        production = PasswordHasher(**auth.PIN_HASHER)
        began = time.process_time()
        production.hash(b"x" * 32)
        assert 0.05 <= time.process_time() - began <= 1
        assert production.memory_cost >= 47_104

    def test_a_code_fits_one_challenge_and_one_channel(self) -> None:
        kept = keyed_code(ALICE, "sms", "123456")
        assert len({kept, keyed_code(BOB, "sms", "123456"), keyed_code(ALICE, "email", "123456")}) == 3

    def test_codes_are_six_digits(self) -> None:
        codes = {new_code() for _ in range(50)}
        assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in codes)
        assert len(codes) > 40
