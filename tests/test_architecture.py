"""The gates of the house: size, complexity is ruff's, words that may not appear, and what may be loaded."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("webapp", "annotation", "inference")
PYTHON_LINES = 400
FUNCTION_LINES = 50
TYPESCRIPT_LINES = 350


def python_files() -> list[Path]:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return [path for path in files if "migrations" not in path.parts]


def typescript_files() -> list[Path]:
    files = [*(ROOT / "frontend" / "src").rglob("*.ts"), *(ROOT / "frontend" / "src").rglob("*.tsx")]
    return [path for path in files if ".gen." not in path.name]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_top_level_is_the_agreed_one() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {line.split("/")[0] for line in tracked.splitlines()}
    assert top <= {
        "manage.py", "webapp", "annotation", "inference", "frontend", "tests", "docker-compose.yml",
        "requirements.txt", "requirements-dev.txt", "README.md", "LICENSE", "CHANGELOG.md", "Makefile",
        "pyproject.toml", "Dockerfile", ".ci", ".pre-commit-config.yaml", ".github", "docs", ".gitignore",
        ".dockerignore",
    }  # fmt: skip


@pytest.mark.parametrize("path", python_files(), ids=name_of)
def test_python_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= PYTHON_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            length = node.end_lineno - node.lineno + 1
            assert length <= FUNCTION_LINES, f"{node.name} has {length} lines"


def test_typescript_files_stay_small() -> None:
    for path in typescript_files():
        assert path.read_text().count("\n") <= TYPESCRIPT_LINES, name_of(path)


def test_no_drawers() -> None:
    drawers = {"utils", "helpers", "services", "misc", "common"}
    names = [*python_files(), *typescript_files()]
    assert not [name_of(path) for path in names if path.stem in drawers or drawers & set(path.parts)]


def test_no_unpickling_of_what_users_send() -> None:
    """S12, S13: one reviewed module may call torch.load, nothing may allow pickles."""
    banned = re.compile(r"allow_pickle=True|pickle\.load|cloudpickle|joblib\.load|torch\.load\(")
    hits = [name_of(path) for path in python_files() if banned.search(path.read_text())]
    assert [hit for hit in hits if hit != "inference/weights.py"] == []


def imports_at_top(path: Path) -> set[str]:
    """The modules of ours that a file imports when it is loaded."""
    found: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_python_has_no_import_cycles() -> None:
    modules = {module_of(path): path for path in python_files()}
    graph = {name: {m for m in imports_at_top(path) if m in modules and m != name} for name, path in modules.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail[trail.index(name) :], name))
        if name in done:
            return
        for target in sorted(graph[name]):
            visit(target, (*trail, name))
        done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_the_web_process_never_loads_torch() -> None:
    """The ASGI application starts without torch: a web process is small and starts at once."""
    code = (
        "import webapp.asgi, sys; "
        "heavy = {'torch', 'cellpose', 'segment_anything', 'onnxruntime'} & set(sys.modules); "
        "sys.exit(f'loaded: {heavy}' if heavy else 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


# Which folder of frontend/src may import which. `testing` and the composition root (app, main) may import all.
FRONTEND = {
    "protocol": set(),
    "geometry": set(),
    "store": {"protocol", "geometry"},
    "quality": {"geometry"},
    "editor": {"store", "geometry", "quality"},
    "tools": {"editor", "store", "geometry"},
    "commands": {"editor", "store", "quality"},
    "render": {"editor", "store", "geometry"},
    "net": {"store", "protocol", "geometry", "editor"},
    "ui": {"commands", "editor", "store", "geometry", "quality", "net", "protocol"},
}
# The editor's one window to the session that net makes: types only.
EDITOR_PORTS = {("editor/ports.ts", "net"), ("editor/ports.ts", "protocol")}
IMPORTED = re.compile(r'(?:import|export)\b[^;]*?from "(\.[^"]+)"')


def test_frontend_folders_import_to_the_left_only() -> None:
    src = (ROOT / "frontend" / "src").resolve()
    wrong = []
    for path in typescript_files():
        name = path.resolve().relative_to(src)
        if name.parts[0] not in FRONTEND or ".test." in path.name:
            continue
        for target in IMPORTED.findall(path.read_text()):
            folder = (path.resolve().parent / target).resolve().relative_to(src).parts[0]
            allowed = FRONTEND[name.parts[0]] | {name.parts[0]}
            if folder not in allowed and (name.as_posix(), folder) not in EDITOR_PORTS:
                wrong.append(f"{name.as_posix()} imports {target}")
    assert wrong == []


def test_the_editors_ports_are_types() -> None:
    text = (ROOT / "frontend" / "src" / "editor" / "ports.ts").read_text()
    assert not re.search(r"^(import|export) (?!type\b|interface\b)", text, flags=re.MULTILINE)
