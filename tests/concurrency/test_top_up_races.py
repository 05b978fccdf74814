"""Top-ups that race: forty who settle, twins with one key, two who want the last of an allowance."""

from __future__ import annotations

import json
import threading
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from accounts.activity.models import ActivityItem
from accounts.limits.services import OverLimit
from ledger import selectors as books
from payments.funding import services
from payments.funding.models import MaturedAtOnce, TopUp
from payments.inbox.models import ProviderEvent
from payments.inbox.services import process_due
from tests.factories.people import make_person, now
from tests.factories.top_ups import (
    DECLINED_CARD,
    deliver,
    enter_card,
    euros,
    limit_used,
    moves,
    settle,
    start,
    told,
    wish,
)
from tests.fakes.simulator import API_KEY, WEBHOOK_SECRET, Simulator
from tests.fakes.webhook_receiver import WebhookReceiver
from wallet_project.lib import ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django.fixtures import SettingsWrapper

    from accounts.identity.models import User

pytestmark = pytest.mark.usefixtures("clone_db")

MANY = 40


@pytest.fixture(scope="module")
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as one:
        yield one


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory, receiver: WebhookReceiver) -> Iterator[Simulator]:
    with Simulator(tmp_path_factory.mktemp("simulator"), receiver.url) as simulator:
        yield simulator


@pytest.fixture
def cards(provider: Simulator, settings: SettingsWrapper) -> Simulator:
    settings.STRIPE_API_BASE = provider.url
    settings.STRIPE_API_KEY = API_KEY
    settings.STRIPE_WEBHOOK_SECRETS = [WEBHOOK_SECRET]
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"
    return provider


@pytest.fixture
def person() -> User:
    return make_person(f"racer{uuid4().hex[:8]}", pin=None)


def together(act: Callable[[int], Any], times: int = MANY) -> list[Any]:
    """Runs ``act`` in so many threads, each with a connection of its own, all released at once."""
    barrier = threading.Barrier(times)
    results: list[Any] = [None] * times

    def run(place: int) -> None:
        try:
            barrier.wait(timeout=30)
            results[place] = act(place)
        except Exception as error:  # noqa: BLE001  # whatever it is, the test judges it
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return results


def entries_of(person: User) -> int:
    """How many lines the person's wallet has."""
    (wallet,) = books.wallets_of(owner_kind="person", owner_id=person.pk, code="wallet")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_posting WHERE account = %s", [wallet.account_id])
        return int(cursor.fetchone()[0])


def outcomes(results: list[Any]) -> Counter[str]:
    return Counter(result.status if isinstance(result, TopUp) else type(result).__name__ for result in results)


class TestSettle:
    def test_forty_who_look_at_once_make_one_entry(self, cards: Simulator, person: User) -> None:
        top_up = start(person, 15_000)
        enter_card(cards, top_up)
        results = together(lambda place: settle(top_up, cause=("return", "webhook", "sweep")[place % 3]))
        assert outcomes(results) == {"CREDITED": MANY}
        assert entries_of(person) == 1
        assert (euros(person), MaturedAtOnce.objects.get(user=person).used_minor) == ((10_000, 5_000), 10_000)
        assert told(top_up) == ["top_up.started", "top_up.credited"]
        assert moves(top_up) == ["DRAFT", "AWAITING_METHOD", "AWAITING_ACTION", "PROCESSING", "CREDITED"]

    def test_a_decline_seen_by_twenty_fails_once(self, cards: Simulator, person: User) -> None:
        top_up = start(person)
        enter_card(cards, top_up, DECLINED_CARD)
        results = together(lambda _: settle(top_up), 20)
        assert outcomes(results) == {"FAILED": 20}
        assert (limit_used(person), told(top_up)) == (0, ["top_up.started", "top_up.closed"])

    def test_paying_and_stopping_at_once_has_one_winner(self, cards: Simulator, person: User) -> None:
        for _ in range(5):
            top_up = start(person, 100)
            acts: list[Callable[[], Any]] = [
                lambda top_up=top_up: enter_card(cards, top_up),
                lambda top_up=top_up: services.cancel_top_up(top_up_id=top_up.pk, user=person, at=now()),
                lambda top_up=top_up: settle(top_up),
            ]
            together(lambda place, acts=acts: acts[place](), 3)
            row = settle(top_up)
            paid = next(one for one in cards.tell("sessions") if one["id"] == row.provider_id)["status"] == "complete"
            assert row.status == ("CREDITED" if paid else "CANCELLED")
        credited = TopUp.objects.filter(user=person, status="CREDITED").count()
        assert (sum(euros(person)), entries_of(person)) == (credited * 100, credited)


class TestWebhooks:
    def test_duplicates_in_parallel_are_one_row_and_one_entry(
        self, cards: Simulator, receiver: WebhookReceiver, person: User
    ) -> None:
        receiver.forget()
        top_up = start(person)
        enter_card(cards, top_up)
        cards.settle()
        notices = [notice for notice in receiver.received if str(top_up.pk).encode() in notice.body]
        kinds = Counter(json.loads(notice.body)["type"] for notice in notices)
        assert {"payment_intent.succeeded", "checkout.session.completed"} <= set(kinds)

        def one(place: int) -> int:
            status = deliver(notices[place % len(notices)])
            process_due(at=now())
            return status

        assert Counter(together(one)) == {200: MANY}
        process_due(at=now() + timedelta(minutes=10))
        rows = ProviderEvent.objects.filter(event_id__in=[json.loads(notice.body)["id"] for notice in notices])
        assert set(rows.values_list("state", flat=True)) == {"DONE"}
        assert rows.count() == len(notices)
        assert (entries_of(person), euros(person)) == (1, (2_500, 0))

    def test_webhook_return_page_and_sweep_at_once(
        self, cards: Simulator, receiver: WebhookReceiver, person: User
    ) -> None:
        receiver.forget()
        top_up = start(person, at=now() - timedelta(minutes=1))
        enter_card(cards, top_up)
        cards.settle()
        notices = list(receiver.received)

        def one(place: int) -> Any:
            if place % 3 == 0:
                deliver(notices[place % len(notices)])
                return process_due(at=now())
            if place % 3 == 1:
                return settle(top_up, cause="return")
            return services.check_due(at=now())

        assert not [result for result in together(one, 12) if isinstance(result, Exception)]
        assert (entries_of(person), euros(person)) == (1, (2_500, 0))


class TestStart:
    def test_forty_copies_of_one_request_are_one_top_up(self, cards: Simulator, person: User) -> None:
        results = together(lambda _: wish(person, idempotency_key="same"))
        assert len({result.top_up.pk for result in results}) == 1
        assert sum(not result.is_replay for result in results) == 1
        assert (limit_used(person), ActivityItem.objects.filter(user=person).count()) == (2_500, 1)

    def test_forty_who_open_one_page_open_one(self, cards: Simulator, person: User) -> None:
        top_up = wish(person).top_up
        together(lambda _: services.open_page(top_up_id=top_up.pk, at=now()))
        row = settle(top_up)
        mine = [one for one in cards.tell("sessions") if one["client_reference_id"] == str(top_up.pk)]
        assert [one["id"] for one in mine] == [row.provider_id]
        assert row.status == "AWAITING_ACTION"

    def test_the_day_limit_holds_for_forty_at_once(self, cards: Simulator, person: User) -> None:
        results = together(lambda _: wish(person, 10_000))
        assert Counter(type(result).__name__ for result in results) == {"Started": 10, OverLimit.__name__: 30}
        assert limit_used(person) == 100_000


class TestAllowance:
    def test_two_that_are_credited_at_once_share_the_first_hundred_euro(self, cards: Simulator, person: User) -> None:
        rows = [start(person, 8_000), start(person, 8_000)]
        for row in rows:
            enter_card(cards, row)
        together(lambda place: settle(rows[place]), 2)
        assert euros(person) == (10_000, 6_000)
        assert sorted(TopUp.objects.filter(user=person).values_list("maturing_minor", flat=True)) == [0, 6_000]

    def test_ten_that_are_credited_at_once(self, cards: Simulator, person: User) -> None:
        rows = [start(person, 3_000) for _ in range(10)]
        for row in rows:
            enter_card(cards, row)
        together(lambda place: settle(rows[place]), 10)
        assert euros(person) == (10_000, 20_000)
        assert MaturedAtOnce.objects.get(user=person).used_minor == 10_000
        assert all(books.entry_with_postings(ids.derive(row.pk, "credit")) for row in rows)
