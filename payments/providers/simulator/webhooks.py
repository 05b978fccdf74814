"""Webhooks on their way out: queued with the fact they tell, delivered by a thread, retried until they are taken.

The queue can be told to misbehave (drop, delay, double, hold, reorder), as a provider's does on a bad day.
"""

import http.client
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from payments.providers.simulator.store import Json
from payments.providers.simulator.world import World

log = logging.getLogger("simulator.webhooks")

BACK_OFF_SECONDS = (0.5, 1, 2, 5, 10, 30, 60)
GIVE_UP_AFTER_SECONDS = 3 * 24 * 3600
TIMEOUT_SECONDS = 10
TICK_SECONDS = 1.0
NO_PLAN: Json = {"drop": 0, "double": 0, "delay": 0, "delay_seconds": 0, "reorder": [], "hold": False}


class Message(NamedTuple):
    """What goes over the wire: the exact bytes that were signed, and the headers that carry the signature."""

    body: bytes
    headers: dict[str, str]


def plan_of(world: World) -> Json:
    """What is to go wrong with the next webhooks."""
    return {**NO_PLAN, **world.store.setting("webhook_plan", {})}


def change_plan(world: World, **changes: Any) -> Json:
    """Set parts of the plan; turning `hold` on also stops what was waiting for a retry."""
    plan = {**plan_of(world), **changes}
    world.store.set_setting("webhook_plan", plan)
    if changes.get("hold"):
        world.store.execute("UPDATE delivery SET state = 'held' WHERE state = 'pending'")
    return plan


def enqueue(world: World, event_id: str) -> None:
    """Queue one event for delivery, as the plan says. Part of the transaction that made the event true."""
    if not world.config.webhook_url:
        return
    plan = plan_of(world)
    if plan["drop"] > 0:
        change_plan(world, drop=plan["drop"] - 1)
        _add(world, event_id, "dropped")
        return
    copies = 1
    if plan["double"] > 0:
        copies = 2
        change_plan(world, double=plan["double"] - 1)
    delay = 0
    if plan["delay"] > 0:
        delay = plan["delay_seconds"]
        change_plan(world, delay=plan["delay"] - 1)
    state = "held" if plan["hold"] else "gathered" if plan["reorder"] else "pending"
    for _ in range(copies):
        _add(world, event_id, state, delay)
    if state == "gathered":
        _release_gathered(world, plan["reorder"])


def _add(world: World, event_id: str, state: str, delay: float = 0) -> None:
    now = time.time()
    world.store.execute(
        "INSERT INTO delivery (event, state, place, next_attempt_at, created_at)"
        " VALUES (?, ?, (SELECT coalesce(max(place), 0) + 1 FROM delivery), ?, ?)",
        (event_id, state, now + delay, now),
    )


def _release_gathered(world: World, order: Sequence[int]) -> None:
    """Once as many as the permutation names have gathered, send them in its order, then behave again."""
    gathered = world.store.query("SELECT id FROM delivery WHERE state = 'gathered' ORDER BY place")
    if len(gathered) >= len(order):
        _release_in_order(world, [gathered[place]["id"] for place in order])
        change_plan(world, reorder=[])
        world.store.execute("UPDATE delivery SET state = 'pending' WHERE state = 'gathered'")


def _release_in_order(world: World, delivery_ids: Sequence[int]) -> None:
    """Make deliveries due now, in exactly this order: same moment, consecutive places."""
    start = world.store.query("SELECT coalesce(max(place), 0) AS place FROM delivery")[0]["place"]
    now = time.time()
    for step, delivery_id in enumerate(delivery_ids, 1):
        world.store.execute(
            "UPDATE delivery SET state = 'pending', place = ?, next_attempt_at = ? WHERE id = ?",
            (start + step, now, delivery_id),
        )


def release(world: World, events: Sequence[str] | None = None) -> int:
    """Send what is held: only these events in this order, or everything in order of creation and stop holding.

    Returns how many deliveries are now due. Raises KeyError for an event of which nothing is held.
    """
    held: dict[str, list[int]] = {}
    rows = world.store.query("SELECT id, event FROM delivery WHERE state IN ('held', 'gathered') ORDER BY place")
    for row in rows:
        held.setdefault(row["event"], []).append(row["id"])
    if events is None:
        change_plan(world, hold=False, reorder=[])
        chosen = [row["id"] for row in rows]
    else:
        chosen = [delivery_id for event in events for delivery_id in held[event]]
    _release_in_order(world, chosen)
    return len(chosen)


def resend(world: World, event_id: str) -> None:
    """Queue an event once more, whatever the plan says."""
    _add(world, event_id, "pending")


def retry_now(world: World) -> int:
    """Make every waiting retry or delayed delivery due at once, in order."""
    waiting = world.store.query("SELECT id FROM delivery WHERE state = 'pending' ORDER BY place")
    _release_in_order(world, [row["id"] for row in waiting])
    return len(waiting)


def deliveries(world: World, event_id: str | None = None, limit: int = 100) -> list[Json]:
    """The newest deliveries, newest first, with how each stands."""
    where, values = ("WHERE event = ?", [event_id]) if event_id else ("", [])
    columns = "id, event, state, attempts, next_attempt_at, created_at, last_status, last_error"
    sql = f"SELECT {columns} FROM delivery {where} ORDER BY id DESC LIMIT {int(limit)}"  # noqa: S608 (constants and an int are put in)
    rows = world.store.query(sql, values)
    return [dict(row) for row in rows]


class Postman(threading.Thread):
    """Delivers what is due, one at a time and in order, and keeps the simulator's clock ticking."""

    def __init__(self, world: World, write: Callable[[World, str], Message], tick: Callable[[World], None]) -> None:
        super().__init__(name="postman", daemon=True)
        self._world, self._write, self._tick = world, write, tick
        self._wake = threading.Event()
        self._changed = threading.Condition()
        self._carrying = False
        self._stopping = False

    def nudge(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the delivery under way, then end."""
        self._stopping = True
        self._wake.set()
        self.join(TIMEOUT_SECONDS + 1)

    def settle(self, seconds: float) -> bool:
        """Wait until nothing is due and nothing is under way; whether that came about in time."""
        self.nudge()
        with self._changed:
            return self._changed.wait_for(lambda: not self._carrying and self._next_due_in() > 0, seconds)

    def run(self) -> None:
        """Deliver until told to stop."""
        while not self._stopping:
            self._tick(self._world)
            delivery = self._take()
            if delivery is None:
                with self._changed:
                    self._changed.notify_all()
                    pause = min(TICK_SECONDS, self._next_due_in())
                self._wake.wait(max(0.0, pause))
                self._wake.clear()
                continue
            self._attempt(delivery)
            with self._changed:
                self._carrying = False

    def _next_due_in(self) -> float:
        if not self._world.config.webhook_url:
            return float("inf")
        rows = self._world.store.query("SELECT min(next_attempt_at) AS due FROM delivery WHERE state = 'pending'")
        due = rows[0]["due"]
        return float("inf") if due is None else due - time.time()

    def _take(self) -> Json | None:
        if not self._world.config.webhook_url:
            return None
        with self._changed:
            rows = self._world.store.query(
                "SELECT id, event, attempts, created_at FROM delivery WHERE state = 'pending' AND next_attempt_at <= ?"
                " ORDER BY next_attempt_at, place LIMIT 1",
                (time.time(),),
            )
            self._carrying = bool(rows)
            return dict(rows[0]) if rows else None

    def _attempt(self, delivery: Json) -> None:
        status, error = send(self._world.config.webhook_url, self._write(self._world, delivery["event"]))
        attempts = delivery["attempts"] + 1
        taken = status is not None and 200 <= status < 300
        wait = BACK_OFF_SECONDS[min(attempts, len(BACK_OFF_SECONDS)) - 1]
        tired = time.time() + wait > delivery["created_at"] + GIVE_UP_AFTER_SECONDS
        state = "delivered" if taken else "failed" if tired else "pending"
        self._world.store.execute(
            "UPDATE delivery SET state = ?, attempts = ?, next_attempt_at = ?, last_status = ?, last_error = ?"
            " WHERE id = ? AND state = 'pending'",
            (state, attempts, time.time() + wait, status, error, delivery["id"]),
        )
        if not taken and attempts == 1:
            log.warning("webhook %s not taken (%s), trying again", delivery["event"], status or error)


def send(url: str, message: Message) -> tuple[int | None, str | None]:
    """POST one message; (status, none) when answered, (none, why) when not. Redirects are not followed."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body=message.body, headers=message.headers)
        answer = connection.getresponse()
        answer.read(64 * 1024)
    except (OSError, http.client.HTTPException) as error:
        return None, f"{type(error).__name__}: {error}"
    else:
        return answer.status, None
    finally:
        connection.close()
