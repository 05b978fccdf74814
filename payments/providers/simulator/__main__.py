"""`python -m payments.providers.simulator`: start, say where, run until told to stop."""

import argparse
import json
import logging
import os
import re
import signal
import sys
import threading
from pathlib import Path

from payments.providers.simulator.server import Server
from payments.providers.simulator.store import StateUnusable, Store
from payments.providers.simulator.stripe.events import write_message
from payments.providers.simulator.stripe.timetable import run_due
from payments.providers.simulator.webhooks import Postman
from payments.providers.simulator.world import Config, World

ADDRESS = re.compile(r"https?://(\[[0-9a-fA-F:]+\]|[^/\s:\[\]]+)(:[0-9]{1,5})?(/|$)")


def main() -> int:
    """Run the simulator; 0 when asked to stop, 1 when it cannot start, with a sentence why."""
    options = _options()
    logging.basicConfig(
        level=logging.INFO if options.verbose else logging.WARNING, format="simulator: %(message)s", stream=sys.stderr
    )
    secrets = tuple(part.strip() for part in options.webhook_secret.split(",") if part.strip())
    complaint = _complaint(options.webhook_url, secrets)
    if complaint:
        print(f"simulator: {complaint}", file=sys.stderr)
        return 1
    config = Config(
        port=options.port,
        host=options.host,
        public_url=options.public_url.rstrip("/"),
        webhook_url=options.webhook_url,
        webhook_secrets=secrets,
        api_key=options.api_key,
    )
    try:
        return _serve(config, Path(options.state))
    except (StateUnusable, OSError) as error:
        print(f"simulator: cannot start: {error}", file=sys.stderr)
        return 1


def _complaint(webhook_url: str, secrets: tuple[str, ...]) -> str:
    """What is wrong with how it was started, in a sentence; empty when nothing is."""
    if webhook_url and not ADDRESS.match(webhook_url):
        return f"{webhook_url} is no address webhooks can be sent to."
    if webhook_url and not secrets:
        return "webhooks need a secret to be signed with: give --webhook-secret."
    return ""


def _options() -> argparse.Namespace:
    environ = os.environ.get
    options = _parser().parse_args()
    file = Path(options.secrets)
    kept = json.loads(file.read_text()) if options.secrets and file.is_file() else {}
    key, secret = ("STRIPE_API_KEY", "STRIPE_SECRET_KEY"), "STRIPE_WEBHOOK_SECRET"
    options.api_key = options.api_key or environ(key[0]) or environ(key[1]) or kept.get(key[0], "")
    options.webhook_secret = options.webhook_secret or environ(secret) or kept.get(secret, "")
    return options


def _parser() -> argparse.ArgumentParser:
    environ = os.environ.get
    parser = argparse.ArgumentParser(prog="payments.providers.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=int(environ("SIMULATOR_PORT", "8001")))
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; this machine only, unless told")
    parser.add_argument("--state", default=environ("SIMULATOR_STATE", "var/simulator"), help="folder of its state")
    parser.add_argument("--public-url", default="", help="how browsers reach it, when not as the API's callers do")
    parser.add_argument("--webhook-url", default=environ("SIMULATOR_WEBHOOK_URL", ""))
    parser.add_argument(
        "--webhook-secret", default="", help="signs webhooks; two, with a comma between, while a secret is being rolled"
    )
    parser.add_argument("--api-key", default="", help="the one key taken; none at all: any sk_test_ key")
    parser.add_argument(
        "--secrets",
        default="",
        help="a JSON file that names STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET, if nothing else does",
    )
    parser.add_argument("--verbose", action="store_true", help="a line per request")
    return parser


def _serve(config: Config, state: Path) -> int:
    world = World(Store(state), config)
    postman = Postman(world, write_message, run_due)
    world.nudge = postman.nudge
    with Server(world, postman) as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        postman.start()
        print(f"simulator: ready on http://localhost:{server.server_address[1]}", flush=True)
        server.serve_forever(poll_interval=0.2)
    postman.stop()
    world.store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
