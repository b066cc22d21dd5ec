"""Running the program itself: its commands, and ``gatehouse serve`` as operators start it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from tests.waiting import PATIENCE_SECONDS, wait_until

ROOT = Path(__file__).parents[1]
KEY = re.compile(r"\b[0-9a-f]{12}\b")


def environment(data_dir, **settings):
    """Ours without its settings, and with those given."""
    inherited = {n: v for n, v in os.environ.items() if not n.startswith("GATEHOUSE_")}
    named = {f"GATEHOUSE_{name.upper()}": str(value) for name, value in settings.items()}
    return {**inherited, "GATEHOUSE_DATA_DIR": str(data_dir), **named}


def gatehouse(data_dir, *arguments, text="", **settings):
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "service", *map(str, arguments)],
        env=environment(data_dir, **settings),
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    """``gatehouse serve`` in a process of its own; ``with`` waits until it serves, and ends it."""

    def __init__(self, data_dir, *, processes=1, port=None, **settings):
        self.data_dir, self.settings = data_dir, settings
        self.port = port or free_port()
        self.processes = processes

    def __enter__(self):
        self.start()
        try:
            wait_until(lambda: "listens on" in self.said or self.process.poll() is not None)
            assert "listens on" in self.said, self.said
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end()
        for file in self._files:
            file.close()

    def start(self):
        self._files = [
            (self.data_dir.parent / f"{self.data_dir.name}.{name}").open("wb")
            for name in ("out", "err")
        ]
        options = ["--port", str(self.port), "--processes", str(self.processes)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "service", "serve", *options],
            env=environment(self.data_dir, **self.settings),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self._files[0],
            stderr=self._files[1],
        )

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(90)

    @property
    def said(self):
        """What an operator read so far."""
        return Path(self._files[1].name).read_text()

    @property
    def events(self):
        lines = Path(self._files[0].name).read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    @property
    def key(self):
        return KEY.search(self.said)[0]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def get(self, path):
        """Status and body; status 0 if nobody answers."""
        return self._ask(urllib.request.Request(f"{self.url}{path}"))  # noqa: S310

    def post(self, path, body):
        return self._ask(urllib.request.Request(f"{self.url}{path}", data=body))  # noqa: S310

    def _ask(self, request):
        try:
            with urllib.request.urlopen(request, timeout=90) as response:  # noqa: S310
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def children(self):
        """Numbers of the serving processes."""
        return sorted(
            int(folder.name)
            for folder in Path("/proc").iterdir()
            if folder.name.isdigit() and self._serves(folder)
        )

    def _serves(self, folder):
        try:
            command = (folder / "cmdline").read_bytes()
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            return False
        return b"serve-process" in command and parent == str(self.process.pid)

    def postmaster(self):
        pid_file = self.data_dir / "postgres/cluster/postmaster.pid"
        return int(pid_file.read_text().split()[0])
