"""A client in its own process: keeps N connections busy for a while and says how it went, as one line of JSON.

    python -m benchmarks._load HOST PORT CONNECTIONS SECONDS < requests

``requests`` are lines of JSON: method, path, headers, body. They are sent in turn, around and around; ``{n}`` in a
header becomes a number that is never used twice.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from itertools import count, cycle
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def prepared(line: str, host: str) -> bytes:
    """One request as bytes, with ``{n}`` still in it."""
    asked = json.loads(line)
    body = json.dumps(asked["body"]).encode()
    headers = {"Host": host, "Content-Type": "application/json", "Content-Length": str(len(body)), **asked["headers"]}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{asked['method']} {asked['path']} HTTP/1.1\r\n{head}\r\n".encode() + body


class Tally:
    """Statuses and times of every answer."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.seconds: list[float] = []


async def busy(
    host: str, port: int, requests: Iterator[bytes], numbers: Iterator[int], until: float, tally: Tally
) -> None:
    """One connection: asks, waits for the whole answer, asks again."""
    reader, writer = await asyncio.open_connection(host, port)
    while time.perf_counter() < until:
        request = next(requests).replace(b"{n}", str(next(numbers)).encode(), 1)
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(length_of(head))
        tally.seconds.append(time.perf_counter() - began)
        tally.statuses[head[9:12].decode()] += 1
    writer.close()


def length_of(head: bytes) -> int:
    """The Content-Length of an answer."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise SystemExit("an answer came without Content-Length")


async def measure(host: str, port: int, connections: int, seconds: float, lines: list[str]) -> dict[str, object]:
    """Runs the load; rate per second, times in milliseconds, statuses."""
    requests, tally = cycle([prepared(line, host) for line in lines]), Tally()
    numbers = count(time.time_ns())
    began = time.perf_counter()
    busy_ones = (busy(host, port, requests, numbers, began + seconds, tally) for _ in range(connections))
    await asyncio.gather(*busy_ones)
    took = time.perf_counter() - began
    times = sorted(tally.seconds)
    return {
        "requests": len(times),
        "rate": round(len(times) / took, 1),
        "p50_ms": round(times[len(times) // 2] * 1000, 1),
        "p95_ms": round(times[len(times) * 95 // 100] * 1000, 1),
        "statuses": dict(tally.statuses),
    }


if __name__ == "__main__":
    _host, _port, _connections, _seconds = sys.argv[1:5]
    _lines = sys.stdin.read().splitlines()
    print(json.dumps(asyncio.run(measure(_host, int(_port), int(_connections), float(_seconds), _lines))))
