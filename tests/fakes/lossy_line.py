"""A line to the bank that loses things: the request may arrive and the answer may not."""

from __future__ import annotations

import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import requests

TIMEOUT_SECONDS = 30


class LossyLine:
    """Passes everything on to the bank; what comes back depends on ``fault``.

    ``""`` all is well · ``silent`` accepted, passed on, never answered · ``unheard`` accepted, never passed on nor
    answered · ``reset`` passed on, then the connection is reset · ``500`` passed on, answered 500 · ``garbage`` passed
    on, half an answer · ``401`` not passed on, answered 401 · ``pending`` passed on, and what was accepted is answered
    as not decided. Only files (POST) suffer, unless ``everything`` is set.
    """

    def __init__(self, bank_url: str) -> None:
        self.bank_url = bank_url
        self.fault = ""
        self.everything = False
        self.hang_up = threading.Event()
        self.http = requests.Session()
        self.http.trust_env = False
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"line": self}))
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.http.close()


class _Handler(BaseHTTPRequestHandler):
    line: LossyLine

    def do_POST(self) -> None:
        self.pass_on(self.line.fault)

    def do_GET(self) -> None:
        self.pass_on(self.line.fault if self.line.everything else "")

    def pass_on(self, fault: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if fault == "unheard":
            self.line.hang_up.wait(TIMEOUT_SECONDS)
            return
        if fault == "401":
            self.reply(401, b"{}")
            return
        answer = self.line.http.request(
            self.command, f"{self.line.bank_url}{self.path}", data=body, timeout=TIMEOUT_SECONDS
        )
        if fault == "silent":
            self.line.hang_up.wait(TIMEOUT_SECONDS)
        elif fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif fault == "500":
            self.reply(500, b"{}")
        elif fault == "garbage":
            self.reply(202, answer.content[: len(answer.content) // 2])
        elif fault == "pending":
            self.reply(answer.status_code, answer.content.replace(b'"accepted"', b'"pending"'))
        else:
            self.reply(answer.status_code, answer.content)

    def reply(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass
