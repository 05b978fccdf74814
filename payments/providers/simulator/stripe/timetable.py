"""What becomes true by the passing of the simulator's time."""

from collections.abc import Callable

from payments.providers.simulator.stripe import aftermath, sessions
from payments.providers.simulator.world import World

ACTIONS: dict[str, Callable[[World, str], None]] = {
    "expire_session": sessions.expire_if_late,
    "succeed_refund": aftermath.succeed_refund,
    "fail_refund": aftermath.fail_refund,
}


def run_due(world: World) -> None:
    """Do everything whose time has come, oldest first; each once, in one transaction with its taking off the list."""
    for row in world.store.query("SELECT id FROM later WHERE due <= ? ORDER BY due, id", (world.now(),)):
        with world.store.transaction():
            for entry in world.store.query("SELECT action, subject FROM later WHERE id = ?", (row["id"],)):
                world.store.execute("DELETE FROM later WHERE id = ?", (row["id"],))
                ACTIONS[entry["action"]](world, entry["subject"])
