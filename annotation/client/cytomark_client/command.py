"""`cytomark …`: the same from the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from .errors import CytomarkError
from .records import STATES
from .server import Cytomark

Run = Callable[[Cytomark, argparse.Namespace], int]


def _say(*words: object) -> None:
    sys.stdout.write("\t".join(map(str, words)) + "\n")


def _projects(server: Cytomark, _: argparse.Namespace) -> int:
    for project in server.projects():
        _say(project.id, project.role, project.name)
    return 0


def _engines(server: Cytomark, _: argparse.Namespace) -> int:
    for engine in server.engines():
        _say(engine.name, "ready" if engine.available else engine.problem, engine.title)
    return 0


def _create(server: Cytomark, asked: argparse.Namespace) -> int:
    _say(server.create_project(asked.name).id)
    return 0


def _images(server: Cytomark, asked: argparse.Namespace) -> int:
    for image in server.project(asked.project).images():
        _say(image.id, image.status, image.cells, image.name)
    return 0


def _upload(server: Cytomark, asked: argparse.Namespace) -> int:
    report = server.project(asked.project).upload(asked.files)
    _say(f"{len(report.images)} uploaded, {len(report.skipped)} there already, {len(report.failed)} refused")
    for file, message in report.failed.items():
        sys.stderr.write(f"{file}: {message}\n")
    return 1 if report.failed else 0


def _find(server: Cytomark, asked: argparse.Namespace) -> int:
    project = server.project(asked.project)
    chosen = [image for image in project.images() if asked.all or image.cells == 0]
    jobs = project.find_cells(asked.engine, images=chosen)
    _say(f"{sum(int(job.result['added']) for job in jobs)} cells in {len(jobs)} images")
    return 0


def _states(server: Cytomark, asked: argparse.Namespace) -> int:
    for state, images in server.project(asked.project).states().items():
        _say(images, state.replace("_", " "))
    return 0


def _hand_in(server: Cytomark, asked: argparse.Namespace) -> int:
    project = server.project(asked.project)
    chosen = [image for image in project.images() if image.name in asked.images]
    for name in sorted(set(asked.images) - {image.name for image in chosen}):
        raise CytomarkError("not_found", f"There is no image “{name}” in {project.name}.")
    for image in chosen:
        project.set_state(image, "submitted")
    return 0


def _export(server: Cytomark, asked: argparse.Namespace) -> int:
    _say(server.project(asked.project).export(asked.format, asked.file))
    return 0


def _download(server: Cytomark, asked: argparse.Namespace) -> int:
    _say(server.project(asked.project).download(asked.folder, only=asked.state))
    return 0


def parser() -> argparse.ArgumentParser:
    """All commands."""
    top = argparse.ArgumentParser(
        prog="cytomark",
        description="Use a Cytomark server. CYTOMARK_URL and CYTOMARK_TOKEN say which, and who you are.",
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Run, words: str, *places: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=words, description=words)
        command.set_defaults(run=run)
        for place in places:
            command.add_argument(place)
        return command

    add("projects", _projects, "List your projects: id, role, name.")
    add("engines", _engines, "List the server's models.")
    add("create", _create, "Make a project and print its id.", "name")
    add("images", _images, "List a project's images: id, state, cells, name.", "project")
    upload = add("upload", _upload, "Upload files and folders; again after an interruption.", "project")
    upload.add_argument("files", nargs="+")
    find = add("find", _find, "Have an engine find all cells of the images that have none.", "project", "engine")
    find.add_argument("--all", action="store_true", help="of images that have cells, too")
    add("states", _states, "How far the review is.", "project")
    add("hand-in", _hand_in, "Hand images in for review.", "project").add_argument("images", nargs="+")
    add("export", _export, "Save an export as a zip file.", "project", "format", "file")
    download = add("download", _download, "Save images and labels as pairs of TIFF files.", "project", "folder")
    download.add_argument("--state", action="append", choices=STATES, help="only images in this state; may be repeated")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0 when all went well, 1 otherwise with a sentence on stderr."""
    asked = parser().parse_args(argv)
    try:
        with Cytomark() as server:
            return int(asked.run(server, asked))
    except CytomarkError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
