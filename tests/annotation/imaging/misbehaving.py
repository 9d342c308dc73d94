"""A decoder that has been taken over: it does what its input file names, behind the walls of the true one."""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from annotation.imaging.containment import Limits, contain


def write_much(folder: Path) -> None:
    block = bytes(1024**2)
    with (folder / "pixels").open("wb") as file:
        for _ in range(10 * 1024):
            file.write(block)


def loop() -> None:
    while True:
        pass


def connect_unix(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)


def main() -> int:
    path, folder, options = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    for name in ("limit_pixels", "limit_values", "choice", "ask"):
        options.pop(name)
    deed, _, argument = path.read_text().partition(" ")
    walls = contain(folder, Limits(**options))
    deeds = {
        "segfault": lambda: ctypes.string_at(0),
        "allocate": lambda: mmap.mmap(-1, 8 * 1024**3),
        "loop": loop,
        "sleep": lambda: time.sleep(600),
        "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "tcp": lambda: socket.create_connection(("127.0.0.1", int(argument)), 1),
        "unix": lambda: connect_unix(argument),
        "read": lambda: Path(argument).read_bytes(),
        "list": lambda: list(Path(argument).iterdir()),
        "overwrite": lambda: Path(argument).write_text("overwritten"),
        "fork": os.fork,
        "spawn": lambda: subprocess.run(["/bin/true"], check=True),
        "exec": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606
        "kill": lambda: os.kill(os.getppid(), signal.SIGTERM),
        "write": lambda: write_much(folder),
        "link": lambda: (folder / "result.json").symlink_to("/etc/passwd"),
        "environment": lambda: os.environ["SECRET_KEY"],
        "thread": lambda: threading.Thread(target=lambda: None).start(),
    }
    deeds[deed]()
    sentence = f"{{name}} got through; {' '.join(walls)}"
    (folder / "result.json").write_text(json.dumps({"ok": False, "code": "unreadable", "sentence": sentence}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
