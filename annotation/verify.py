"""Proof that nothing was lost: the log, replayed from nothing, gives the cells that there are (R38)."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db import connection, transaction

from annotation.history import get_cells_at
from annotation.models import Annotation, Image, Operation
from annotation.queries import cell_states

# Operations and refusals that no tab's numbers account for, or that are counted twice.
_TABS = """
SELECT client.id, client.last_seq, COUNT(receipt.id), COALESCE(MAX(receipt.seq), 0)
FROM annotation_client AS client LEFT JOIN annotation_receipt AS receipt ON receipt.client_id = client.id
GROUP BY client.id, client.last_seq
HAVING COUNT(receipt.id) <> client.last_seq OR COALESCE(MAX(receipt.seq), 0) <> client.last_seq
"""
_LABELS = """
SELECT image_id FROM annotation_annotation JOIN annotation_image AS image ON image.id = image_id
GROUP BY image_id, image.next_label HAVING MAX(label) >= image.next_label
"""


@transaction.atomic
def _verify_image(image_id: UUID) -> list[str]:
    """What is wrong with one image, in sentences; nothing where all is well."""
    image = Image.objects.select_for_update(no_key=True).get(pk=image_id)
    clocks = list(Operation.objects.filter(image=image).order_by("clock").values_list("clock", flat=True))
    found = []
    if clocks != list(range(1, image.clock + 1)):
        found.append(
            f"{image.name}: the log has {len(clocks)} operations with gaps, and the clock stands at {image.clock}."
        )
    replayed = {state.id: state for state in get_cells_at(image.pk, image.clock)}
    stored = {state.id: state for state in cell_states(image.pk)}
    for cell_id in sorted({*replayed, *stored}, key=str):
        if replayed.get(cell_id) != stored.get(cell_id):
            label = (stored.get(cell_id) or replayed[cell_id]).label
            found.append(f"{image.name}: cell {label} is not what the log says.")
    areas = Annotation.objects.filter(image=image, deleted=False)
    found += [f"{image.name}: the area of cell {row.label} is wrong." for row in areas if row.area != row.rle.area]
    return found


def verify_all() -> Iterator[str]:
    """What is wrong with all images and tabs. Images are locked one by one: people can go on."""
    for image_id in Image.objects.order_by("created_at").values_list("pk", flat=True):
        yield from _verify_image(image_id)
    with connection.cursor() as cursor:
        cursor.execute(_TABS)
        for client_id, last_seq, count, highest in cursor.fetchall():
            yield f"Tab {client_id}: {count} answers up to number {highest}, but {last_seq} were given."
        cursor.execute(_LABELS)
        for (image_id,) in cursor.fetchall():
            yield f"Image {image_id}: the next cell would get a number that is taken."
