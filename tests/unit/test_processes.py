"""The runner of bin/run: starts side by side, notices an end, stops all, and cleans up after a killed one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wallet_project.local import processes, run, services
from wallet_project.local.console import Stop
from wallet_project.local.places import ROOT, free_port, kept_password, port_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STUBBORN = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
)
CHILD = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]); time.sleep(60)"


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def alive(session: int) -> bool:
    """Whether any process of a session lives; a zombie does not."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            return True
    return False


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[processes.Runner]:
    monkeypatch.setattr(processes, "STOP_SECONDS", 1.0)
    monkeypatch.setattr(processes, "LEFT_BEHIND_SECONDS", 1.0)
    made = processes.Runner(tmp_path, dict(os.environ), show_output=False)
    yield made
    made.stop()


def start(runner: processes.Runner, name: str, code: str) -> int:
    runner.start(name, [sys.executable, "-c", code])
    return runner.running[name].pid


class TestRunner:
    def test_keeps_what_a_program_says(self, runner: processes.Runner) -> None:
        start(runner, "talker", "print('hello'); import sys; print('oh', file=sys.stderr)")
        assert until(lambda: runner.ended() is not None)
        runner.stop()
        assert sorted((runner.var / "log" / "talker.log").read_text().split()) == ["hello", "oh"]

    def test_notices_which_program_ended_and_how(self, runner: processes.Runner) -> None:
        start(runner, "stays", "import time; time.sleep(60)")
        start(runner, "goes", "raise SystemExit(3)")
        assert until(lambda: runner.ended() == ("goes", 3))

    def test_stops_a_program_that_ignores_term_and_its_children(self, runner: processes.Runner) -> None:
        pid = start(runner, "parent", CHILD)
        assert until(
            lambda: (runner.var / "log/parent.log").exists() and "up" in (runner.var / "log/parent.log").read_text()
        )
        runner.stop()
        assert until(lambda: not alive(pid))  # a killed process goes when the kernel comes to it
        assert runner.running == {}
        assert json.loads((runner.var / processes.RECORD).read_text()) == {}

    def test_ctrl_c_in_the_terminal_reaches_no_program(self, runner: processes.Runner) -> None:
        pid = start(runner, "web", "import time; time.sleep(60)")
        assert os.getsid(pid) == pid != os.getsid(0)


class TestLeftBehind:
    def test_the_next_start_ends_what_a_killed_run_left(self, runner: processes.Runner) -> None:
        pid = start(runner, "orphan", CHILD)
        assert processes.end_left_behind(runner.var) == ["orphan"]
        assert not alive(pid)

    def test_children_are_ended_although_their_leader_is_gone(self, runner: processes.Runner) -> None:
        pid = start(runner, "leader", CHILD)
        assert until(
            lambda: (runner.var / "log/leader.log").exists() and "up" in (runner.var / "log/leader.log").read_text()
        )
        os.kill(pid, signal.SIGKILL)
        runner.running["leader"].wait()
        assert alive(pid)
        assert processes.end_left_behind(runner.var) == ["leader"]
        assert until(lambda: not alive(pid))

    def test_a_stranger_with_the_same_number_is_left_alone(self, runner: processes.Runner) -> None:
        pid = start(runner, "stranger", "import time; time.sleep(60)")
        record = json.loads((runner.var / processes.RECORD).read_text())
        record["stranger"]["born"] = "1"
        (runner.var / processes.RECORD).write_text(json.dumps(record))
        assert processes.end_left_behind(runner.var) == []
        assert alive(pid)

    @pytest.mark.parametrize("content", ["", "{", "[]", "null"])
    def test_a_torn_record_blocks_nothing(self, tmp_path: Path, content: str) -> None:
        (tmp_path / processes.RECORD).write_text(content)
        assert processes.end_left_behind(tmp_path) == []


class TestFolder:
    def test_one_process_holds_it(self, tmp_path: Path) -> None:
        first = services.hold(tmp_path)
        with pytest.raises(Stop, match=f"is in use by process {os.getpid()}: stop that first, or set WALLET_VAR"):
            services.hold(tmp_path)
        first.close()
        services.hold(tmp_path).close()

    def test_a_killed_holder_holds_nothing(self, tmp_path: Path) -> None:
        code = (
            "import sys, time; from pathlib import Path; from wallet_project.local import services\n"
            "held = services.hold(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
        )
        command = [sys.executable, "-c", code, str(tmp_path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(Stop, match=f"process {holder.pid}"):
                services.hold(tmp_path)
            holder.kill()
        services.hold(tmp_path).close()

    def test_addresses_can_be_sourced_by_a_shell_and_read_by_their_owner_only(self, tmp_path: Path) -> None:
        services.write_urls(tmp_path, {"WALLET_VAR": "/tmp/my wällét's dir", "REDIS_URL": "redis://:a$b@127.0.0.1:7"})
        file = services.urls_file(tmp_path)
        assert file.stat().st_mode & 0o777 == 0o600
        script = '. "$1" && printf "%s|%s" "$WALLET_VAR" "$REDIS_URL"'
        done = subprocess.run(["/bin/sh", "-c", script, "sh", file], capture_output=True, text=True, check=True)
        assert done.stdout == "/tmp/my wällét's dir|redis://:a$b@127.0.0.1:7"

    def test_the_ports_of_last_time_are_known(self, tmp_path: Path) -> None:
        services.write_urls(
            tmp_path, {"DATABASE_URL": "postgresql://a:b@127.0.0.1:5", "REDIS_URL": "redis://127.0.0.1:7"}
        )
        assert services.ports_before(tmp_path) == {"DATABASE_URL": 5, "REDIS_URL": 7}

    def test_half_an_external_database_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://a:b@127.0.0.1:5/w")
        monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
        with pytest.raises(Stop, match="Set both DATABASE_URL"):
            services.start(tmp_path, services.hold(tmp_path), wallet_env="dev", durable=True)
        services.hold(tmp_path).close()


class TestPastProxies:
    @pytest.mark.parametrize(
        ("given", "names"),
        [
            ({}, "localhost,127.0.0.1"),
            ({"NO_PROXY": "", "no_proxy": " "}, "localhost,127.0.0.1"),
            ({"NO_PROXY": "intern.example, 127.0.0.1"}, "intern.example,127.0.0.1,localhost"),
            ({"no_proxy": "a.example", "NO_PROXY": "b.example"}, "b.example,a.example,localhost,127.0.0.1"),
            ({"no_proxy": "*"}, "*"),
        ],
    )
    def test_programs_of_this_machine_reach_each_other_directly(self, given: dict[str, str], names: str) -> None:
        assert run.past_proxies(given) == {"NO_PROXY": names, "no_proxy": names}

    def test_every_program_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NO_PROXY", "intern.example")
        monkeypatch.delenv("no_proxy", raising=False)
        lock = services.hold(tmp_path)
        told = run._environment(services.Services(tmp_path, {}, None, None, lock), 8000)
        lock.close()
        assert told["no_proxy"] == told["NO_PROXY"] == "intern.example,localhost,127.0.0.1"


class TestPlaces:
    def test_a_taken_port_is_not_given_again(self) -> None:
        import socket

        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            assert port_answers(port)
            assert free_port(port) != port
        assert not port_answers(port)
        assert free_port(port) == port

    def test_a_password_is_made_once_and_kept_from_others(self, tmp_path: Path) -> None:
        first = kept_password(tmp_path / "word")
        assert kept_password(tmp_path / "word") == first
        assert len(first) == 32
        assert (tmp_path / "word").stat().st_mode & 0o777 == 0o600


class TestProcfile:
    def test_fills_in_variables_without_a_shell(self, tmp_path: Path) -> None:
        file = tmp_path / "Procfile"
        file.write_text("# comment: no\nweb: $PYTHON -m x --state $HOME_DIR/state ; rm\n\n")
        filled = processes.read_procfile(file, {"PYTHON": "/my dir/python", "HOME_DIR": "/tmp/ä b"})
        assert filled == {"web": ["/my dir/python", "-m", "x", "--state", "/tmp/ä b/state", ";", "rm"]}

    def test_a_missing_variable_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "Procfile").write_text("web: $NOWHERE\n")
        with pytest.raises(Stop, match=r"The Procfile needs \$NOWHERE"):
            processes.read_procfile(tmp_path / "Procfile", {})

    def test_ours_names_all_programs(self) -> None:
        names = [
            line.partition(":")[0] for line in (ROOT / "Procfile").read_text().splitlines() if not line.startswith("#")
        ]
        assert names == ["simulator", "bank", "web", "worker", "beat"]
