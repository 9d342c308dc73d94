"""A project to try things in, with images like anybody's: written to files and imported."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction

from annotation.actions.imports import do_import_file
from annotation.models import CLASS_COLOURS, LabelClass, Membership, Project, Role, User

DEMO_NAME = "Demo: fluorescent nuclei"
DEMO_CLASSES = ("Nucleus", "Dividing", "Debris")


@transaction.atomic
def do_create_demo(owner: User, files: list[Path]) -> Project:
    """The project, its owner, its classes with keys 1, 2, 3, and one image for each file, called as the file is."""
    project = Project.objects.create(name=DEMO_NAME)
    Membership.objects.create(project=project, user=owner, role=Role.OWNER)
    for position, (name, colour) in enumerate(zip(DEMO_CLASSES, CLASS_COLOURS, strict=False)):
        LabelClass.objects.create(project=project, name=name, colour=colour, key=str(position + 1), position=position)
    for path in files:
        do_import_file(path, project=project, user=owner, name=path.name)
    return project
