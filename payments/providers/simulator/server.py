"""HTTP on one side, the simulator's parts on the other: reads requests, finds who answers, writes answers."""

import logging
import socketserver
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from payments.providers.simulator import control, faults
from payments.providers.simulator.exchange import ConnectionDropped, Request, Response, as_json, redirect, stylesheet
from payments.providers.simulator.stripe import api, hosted
from payments.providers.simulator.webhooks import Postman
from payments.providers.simulator.world import World

log = logging.getLogger("simulator")

BODY_LIMIT = 1024 * 1024


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """One thread a connection; connections are kept open between requests."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, world: World, postman: Postman) -> None:
        self.world, self.postman = world, postman
        super().__init__((world.config.host, world.config.port), Handler)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "simulator"
    sys_version = ""
    timeout = 75
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def do_GET(self) -> None:
        """Read something."""
        self._serve()

    def do_HEAD(self) -> None:
        """Read something's headers."""
        self._serve()

    def do_POST(self) -> None:
        """Do something."""
        self._serve()

    def do_DELETE(self) -> None:
        """Remove something: nothing here can be."""
        self._serve()

    def _serve(self) -> None:
        request = self._read()
        if request is None:
            self._write(as_json({"error": {"message": "The request is too large or has no length."}}, 413))
            self.close_connection = True
            return
        try:
            response = answer(self.server.world, self.server.postman, request)
        except ConnectionDropped:
            self.close_connection = True
            return
        self._write(response)
        log.info("%s %s %d", request.method, request.path, response.status)

    def _read(self) -> Request | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > BODY_LIMIT:
            return None
        body = self.rfile.read(int(length))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        method = "GET" if self.command == "HEAD" else self.command
        return Request(method, parts.path, parts.query, headers, body)

    def _write(self, response: Response) -> None:
        try:
            self.send_response(response.status)
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)
            self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the caller did not wait for a slow answer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        """Requests are logged once answered, without their query."""


def answer(world: World, postman: Postman, request: Request) -> Response:
    """Find who answers a path. Raises ConnectionDropped."""
    base_url = world.config.public_url or f"http://{request.headers.get('host', f'localhost:{world.config.port}')}"
    if request.path.startswith("/v1/"):
        fault = faults.take(world, request.method, request.path)
        return api.handle(world, request, base_url, fault)
    if request.path.startswith("/c/pay/"):
        return hosted.handle(world, request)
    if request.path.startswith("/_control/"):
        return control.handle(world, postman, request)
    if request.path == "/simulator.css":
        return stylesheet()
    if request.path in {"/", "/_control"}:
        return redirect("/_control/")
    return as_json({"error": {"message": f"Nothing is at {request.path}."}}, 404)
