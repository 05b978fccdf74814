"""When a delivery is tried again, and who is subscribed to what. Pure: no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pytest

from accounts.audit import registry
from accounts.audit.policy import is_dead, pause_after
from accounts.audit.registry import handlers_of, subscribe
from wallet_project.lib.events import Event
from wallet_project.lib.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class LampLit(Event):
    name: ClassVar[str] = "test.lamp_lit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nameless(Event):
    pass


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "subscriptions", Registry("event handler"))
    monkeypatch.setattr(registry, "_names_by_event", {})


class TestPause:
    @pytest.mark.parametrize(
        ("attempts", "seconds"), [(1, 2), (2, 4), (5, 32), (10, 1024), (11, 2048), (12, 3600), (40, 3600)]
    )
    def test_doubles_to_an_hour_and_spreads_by_a_quarter(self, attempts: int, seconds: int) -> None:
        pauses = {pause_after(attempts) for _ in range(200)}
        assert min(pauses) >= timedelta(seconds=seconds)
        assert max(pauses) <= timedelta(seconds=seconds * 1.25)
        assert len(pauses) > 10

    def test_ten_failures_are_the_end(self) -> None:
        assert not is_dead(9)
        assert is_dead(10)


class TestSubscribe:
    def test_keeps_the_order_and_tolerates_the_same_again(self) -> None:
        def first(_: object) -> None: ...
        def second(_: object) -> None: ...

        for name, act in (("test.first", first), ("test.second", second), ("test.first", first)):
            subscribe(LampLit, name, act)
        assert handlers_of("test.lamp_lit") == ("test.first", "test.second")

    def test_refuses_the_same_name_for_something_else(self) -> None:
        subscribe(LampLit, "test.first", lambda _: None)
        with pytest.raises(ValueError, match="twice"):
            subscribe(LampLit, "test.first", lambda _: None)

    def test_refuses_an_event_without_a_name(self) -> None:
        with pytest.raises(ValueError, match="name"):
            subscribe(Nameless, "test.first", lambda _: None)

    def test_nobody_listens_to_what_nobody_subscribed_to(self) -> None:
        assert handlers_of("test.nothing") == ()
