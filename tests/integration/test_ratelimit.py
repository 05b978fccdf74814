"""The limiter against a real Valkey."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.test import override_settings

from wallet_project.lib import ratelimit
from wallet_project.lib.ratelimit import Guess, LimiterUnavailable, Rate, RateLimited


@pytest.fixture
def scope(monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"test-{uuid4().hex[:8]}"
    monkeypatch.setitem(ratelimit.RATES, name, Rate(3, 60, "ip"))
    return name


class TestTake:
    def test_allows_the_count_then_refuses_with_the_seconds_to_wait(self, scope: str) -> None:
        for _ in range(3):
            ratelimit.take({scope: "1.2.3.4"})
        with pytest.raises(RateLimited) as refused:
            ratelimit.take({scope: "1.2.3.4"})
        assert 1 <= refused.value.params["retry_after"] <= 20

    def test_principals_do_not_share(self, scope: str) -> None:
        for _ in range(3):
            ratelimit.take({scope: "1.2.3.4"})
        ratelimit.take({scope: "1.2.3.5"})

    def test_forty_at_once_pass_three(self, scope: str) -> None:
        def one(_: int) -> bool:
            try:
                ratelimit.take({scope: "1.2.3.4"})
            except RateLimited:
                return False
            return True

        with ThreadPoolExecutor(40) as pool:
            assert sum(pool.map(one, range(40))) == 3

    def test_all_scopes_or_none(self, scope: str, monkeypatch: pytest.MonkeyPatch) -> None:
        narrow = scope + "-narrow"
        monkeypatch.setitem(ratelimit.RATES, narrow, Rate(1, 60, "ip"))
        ratelimit.take({scope: "a", narrow: "a"})
        with pytest.raises(RateLimited):
            ratelimit.take({scope: "a", narrow: "a"})
        ratelimit.take({scope: "a"})
        ratelimit.take({scope: "a"})
        with pytest.raises(RateLimited):
            ratelimit.take({scope: "a"})


class TestGuess:
    def test_forty_parallel_guesses_are_five_evaluated(self) -> None:
        account = uuid4().hex

        def one(_: int) -> bool:
            try:
                ratelimit.guess("code", account=account)
            except RateLimited:
                return False
            return True

        with ThreadPoolExecutor(40) as pool:
            assert sum(pool.map(one, range(40))) == 5

    def test_a_right_one_starts_the_account_anew(self) -> None:
        account = uuid4().hex
        for _ in range(4):
            ratelimit.guess("code", account=account)
        ratelimit.guess("code", account=account).succeeded()
        for _ in range(5):
            ratelimit.guess("code", account=account)
        with pytest.raises(RateLimited):
            ratelimit.guess("code", account=account)

    def test_a_full_address_stops_fresh_accounts_and_takes_nothing_from_them(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(ratelimit.GUESSES, "ip", Guess(2, 60))
        address, account = uuid4().hex, uuid4().hex
        ratelimit.guess("code", ip=address)
        ratelimit.guess("pin", ip=address)
        with pytest.raises(RateLimited):
            ratelimit.guess("code", ip=address, account=account)
        for _ in range(5):
            ratelimit.guess("code", account=account)

    def test_what_was_not_a_guess_does_not_count(self) -> None:
        account = uuid4().hex
        for _ in range(12):
            ratelimit.guess("code", account=account).not_a_guess()
        ratelimit.guess("code", account=account)


class TestEnter:
    """A rate and a guess together."""

    def test_takes_both_or_neither(self, scope: str, monkeypatch: pytest.MonkeyPatch) -> None:
        account, address = uuid4().hex, uuid4().hex
        for _ in range(3):
            ratelimit.enter(rates={scope: address}, secret="code", account=account)
        for _ in range(5):  # the rate is used up: no slot is taken
            with pytest.raises(RateLimited):
                ratelimit.enter(rates={scope: address}, secret="code", account=account)
        for _ in range(2):
            ratelimit.enter(rates={scope: uuid4().hex}, secret="code", account=account)
        elsewhere = uuid4().hex
        for _ in range(5):  # the slots are used up: nothing of the rate is taken
            with pytest.raises(RateLimited) as refused:
                ratelimit.enter(rates={scope: elsewhere}, secret="code", account=account)
            assert 890 <= refused.value.params["retry_after"] <= 900
        for _ in range(3):
            ratelimit.take({scope: elsewhere})

    def test_the_longer_wait_is_told(self, scope: str) -> None:
        account, address = uuid4().hex, uuid4().hex
        for _ in range(5):
            ratelimit.guess("code", account=account)
        for _ in range(3):
            ratelimit.take({scope: address})
        with pytest.raises(RateLimited) as refused:
            ratelimit.enter(rates={scope: address}, secret="code", account=account)
        assert refused.value.params["retry_after"] > 800

    def test_without_a_secret_there_is_nothing_to_give_back(self, scope: str) -> None:
        assert ratelimit.enter(rates={scope: uuid4().hex}, account="ignored", ip="ignored") is None

    def test_a_right_one_clears_the_account_and_keeps_the_rate(self, scope: str) -> None:
        account, address = uuid4().hex, uuid4().hex
        for _ in range(3):
            attempt = ratelimit.enter(rates={scope: address}, secret="code", account=account)
            assert attempt is not None
            attempt.succeeded()
        with pytest.raises(RateLimited):
            ratelimit.take({scope: address})

    def test_forty_at_once_are_five(self) -> None:
        account = uuid4().hex

        def one(number: int) -> bool:
            try:
                ratelimit.enter(rates={"signin": f"10.0.0.{number}"}, secret="code", account=account)
            except RateLimited:
                return False
            return True

        with ThreadPoolExecutor(40) as pool:
            assert sum(pool.map(one, range(40))) == 5


class TestWithoutValkey:
    @pytest.fixture(autouse=True)
    def _gone(self) -> object:
        ratelimit._client.cache_clear()
        ratelimit._script.cache_clear()
        with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
            yield
        ratelimit._client.cache_clear()
        ratelimit._script.cache_clear()

    def test_reads_open_and_money_closes(self) -> None:
        ratelimit.take({"read": "x"})
        with pytest.raises(LimiterUnavailable):
            ratelimit.take({"money": "x"})
        with pytest.raises(LimiterUnavailable):
            ratelimit.guess("pin", account="x")
        with pytest.raises(LimiterUnavailable):
            ratelimit.enter(rates={"read": "x"}, secret="code", account="x")
