"""What is to go wrong with the next API calls: slow, failing, or cut off, before or after the work was done."""

import threading
from dataclasses import asdict, dataclass

from payments.providers.simulator.store import Json
from payments.providers.simulator.world import World

KINDS = ("error_before", "error_after", "drop_before", "drop_after", "slow_work", "slow_answer")


class FaultMalformed(ValueError):
    """The fault asked for makes no sense; the message says why."""


@dataclass(frozen=True)
class Fault:
    """One thing going wrong for calls whose path begins with `path`, `times` times (0: until cleared)."""

    kind: str
    times: int = 1
    seconds: float = 0
    status: int = 500
    method: str = ""
    path: str = "/v1/"

    def concerns(self, method: str, path: str) -> bool:
        """Whether this call is to be hit."""
        return path.startswith(self.path) and self.method in {"", method}

    def wait_if(self, kind: str) -> None:
        """Take the time a slow call takes."""
        if self.kind == kind:
            threading.Event().wait(self.seconds)


NO_FAULT = Fault("none")


def planned(world: World) -> list[Json]:
    """What is still to go wrong."""
    return list(world.store.setting("faults", []))


def add(world: World, fault: Fault) -> None:
    """Plan one more. Raises FaultMalformed."""
    if fault.kind not in KINDS:
        raise FaultMalformed(f"kind must be one of {', '.join(KINDS)}")
    if fault.kind.startswith("slow") and not 0 < fault.seconds <= 600:
        raise FaultMalformed("seconds must be between 0 and 600")
    if fault.times < 0 or not 400 <= fault.status <= 599:
        raise FaultMalformed("times must not be negative, and status must be 400 to 599")
    with world.store.transaction():
        world.store.set_setting("faults", [*planned(world), asdict(fault)])


def clear(world: World) -> None:
    """Behave again."""
    world.store.set_setting("faults", [])


def take(world: World, method: str, path: str) -> Fault:
    """The fault that hits this call; counted down."""
    with world.store.transaction():
        faults = [Fault(**fields) for fields in planned(world)]
        for place, fault in enumerate(faults):
            if fault.concerns(method, path):
                rest = faults[:place] + faults[place + 1 :]
                if fault.times != 1:
                    left = {**asdict(fault), "times": max(fault.times - 1, 0)}
                    rest.insert(place, Fault(**left))
                world.store.set_setting("faults", [asdict(item) for item in rest])
                return fault
    return NO_FAULT
