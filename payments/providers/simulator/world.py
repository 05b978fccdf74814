"""What every part of the simulator is handed: its state, its configuration and its clock."""

import secrets
import string
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from payments.providers.simulator.store import Store

_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Config:
    """How the process was started. `api_key` empty: any test key is taken. No `webhook_url`: nothing is delivered."""

    port: int
    host: str = "127.0.0.1"
    public_url: str = ""
    webhook_url: str = ""
    webhook_secrets: tuple[str, ...] = ()
    api_key: str = ""


@dataclass
class World:
    """State, configuration, clock; `nudge` wakes the thread that delivers webhooks."""

    store: Store
    config: Config
    nudge: Callable[[], None] = field(default=lambda: None)

    def now(self) -> int:
        """The simulator's own time: the real one plus what the control API has advanced it by. Unix seconds."""
        return int(time.time()) + int(self.store.setting("clock_offset", 0))

    def advance_clock(self, seconds: int) -> None:
        """Move the simulator's time forward, or back where ``seconds`` is below zero."""
        self.store.set_setting("clock_offset", int(self.store.setting("clock_offset", 0)) + seconds)

    def do_later(self, seconds: int, action: str, subject: str) -> None:
        """Have `action` (a name in stripe/timetable.py) happen to an object once the clock has moved on."""
        self.store.execute(
            "INSERT INTO later (due, action, subject) VALUES (?, ?, ?)", (self.now() + seconds, action, subject)
        )


def new_id(prefix: str, length: int = 24) -> str:
    """An identifier that looks like the provider's own: `pi_3Nk…`."""
    return prefix + "_" + "".join(secrets.choice(_ALPHABET) for _ in range(length))
