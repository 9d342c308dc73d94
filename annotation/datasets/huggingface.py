"""A folder that `datasets.load_dataset` opens, and its Croissant description.

Source: https://huggingface.co/docs/datasets/image_dataset (ImageFolder); Croissant 1.0,
https://docs.mlcommons.org/croissant/docs/croissant-spec.html.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

from annotation.datasets.base import ClassRecord, ImageRecord, Sink
from annotation.datasets.documents import Categories, pretty
from annotation.datasets.label_tiff import temporary_file
from annotation.datasets.parquet import ParquetTable
from annotation.datasets.planes import PlaneRecord, label_dtype, labels_of, picture_of, planes_of, png
from annotation.errors import AppError, ErrorCode

_CONTEXT = {
    "@language": "en", "@vocab": "https://schema.org/", "citeAs": "cr:citeAs", "column": "cr:column",
    "conformsTo": "dct:conformsTo", "cr": "http://mlcommons.org/croissant/", "dataType": {"@id": "cr:dataType",
    "@type": "@vocab"}, "dct": "http://purl.org/dc/terms/", "extract": "cr:extract", "field": "cr:field", "fileObject":
    "cr:fileObject", "fileProperty": "cr:fileProperty", "fileSet": "cr:fileSet", "format": "cr:format", "includes":
    "cr:includes", "jsonPath": "cr:jsonPath", "recordSet": "cr:recordSet", "sc": "https://schema.org/", "source":
    "cr:source", "containedIn": "cr:containedIn",
}  # fmt: skip
COLUMNS = {
    **dict.fromkeys(("file_name", "mask_file_name", "name", "sha256"), "string"),
    **dict.fromkeys(("t", "z"), "int64"),
    **dict.fromkeys(("cell", "category", "area"), "list<int64>"),
    "bbox": "list<list<int64>>",
}


class HuggingFaceExporter:
    """SPLIT/images, SPLIT/masks, SPLIT/metadata.parquet, README.md, croissant.json."""

    name = "huggingface"
    title = "Hugging Face folder"
    summary = "Pictures, masks and a table that datasets.load_dataset opens, with a Croissant description."
    layout = (
        "SPLIT/images/NAME.png   the image as it is shown, 8 bits; every plane of a stack that has cells is one\n"
        "SPLIT/masks/NAME.png    its label image, 16 bits: 0 is background, every other value is one cell\n"
        "SPLIT/metadata.parquet  which belong together, and for each cell its number, class, box (x, y, width,\n"
        "                        height) and area; datasets.load_dataset(FOLDER) reads it, without a network\n"
        "README.md               the data set's card\n"
        "croissant.json          a Croissant 1.0 description"
    )

    def write(self, images: Iterable[ImageRecord], sink: Sink, *, classes: Iterable[ClassRecord]) -> None:
        """Two pictures for each plane, then what belongs to them."""
        categories = Categories(classes, first=0)
        with ExitStack() as stack:
            lists: dict[str, tuple[Any, ParquetTable]] = {}
            for image in images:
                if image.folder not in lists:
                    file: Any = stack.enter_context(temporary_file())
                    lists[image.folder] = file, ParquetTable(file, COLUMNS)
                for plane in planes_of(image):
                    lists[image.folder][1].add([_write_plane(sink, image, plane, categories)])
            for folder, (rows, table) in lists.items():
                table.close()
                rows.seek(0)
                with sink.file(f"{folder}/metadata.parquet", compress=True) as file:
                    shutil.copyfileobj(rows, file, 1024**2)
        with sink.file("README.md", compress=True) as file:
            file.write(_card(categories.names).encode())
        with sink.file("croissant.json", compress=True) as file:
            file.write(pretty(_croissant(list(lists))))


def _write_plane(sink: Sink, image: ImageRecord, plane: PlaneRecord, categories: Categories) -> dict[str, Any]:
    if label_dtype(image).__name__ == "uint32":
        sentence = f"A PNG holds cell numbers up to 65,535, and {image.name} has more. Choose Label TIFF or OME-Zarr."
        raise AppError(ErrorCode.TOO_LARGE, sentence)
    cells: dict[str, list[Any]] = {"cell": [], "category": [], "bbox": [], "area": []}

    def noted() -> Any:
        for cell in plane.cells:
            box = [cell.mask.left, cell.mask.top, cell.mask.width, cell.mask.height]
            row = (cell.label, categories.number(cell.label_class), box, cell.mask.area)
            for key, value in zip(cells, row, strict=True):
                cells[key].append(value)
            yield cell

    with sink.file(f"{image.folder}/masks/{plane.stem}.png", compress=False) as file:
        file.write(png(labels_of(image, noted())))
    with sink.file(f"{image.folder}/images/{plane.stem}.png", compress=False) as file:
        file.write(png(picture_of(image, plane.t, plane.z)))
    return {
        "file_name": f"images/{plane.stem}.png",
        "mask_file_name": f"masks/{plane.stem}.png",
        "name": image.name,
        "sha256": image.file_sha256,
        "t": plane.t,
        "z": plane.z,
        **cells,
    }


def _card(names: list[str]) -> str:
    listed = "".join(f"- {number}: {' '.join(name.split())}\n" for number, name in enumerate(names))
    return (
        "---\ntask_categories:\n- image-segmentation\ntags:\n- biology\n- microscopy\n---\n\n"
        "# Annotated microscopy images\n\nExported from Cytomark. Origin and licences of the masks: `README.txt`; the "
        "images' own names and hashes: `manifest.json`.\n\n"
        f"## Categories\n\n{listed or 'None.'}\n"
        '```python\nfrom datasets import load_dataset\n\ndataset = load_dataset("FOLDER")\n```\n'
    )


def _croissant(folders: list[str]) -> dict[str, Any]:
    sets = [
        {
            "@type": "cr:FileSet", "@id": f"{folder}-metadata", "name": f"{folder}-metadata",
            "encodingFormat": "application/x-parquet", "includes": f"{folder}/metadata.parquet",
        }
        for folder in folders
    ]  # fmt: skip
    fields = {
        "file_name": "sc:Text",
        "mask_file_name": "sc:Text",
        "name": "sc:Text",
        "t": "sc:Integer",
        "z": "sc:Integer",
    }
    records = [
        {
            "@type": "cr:RecordSet", "@id": folder, "name": folder,
            "field": [
                {
                    "@type": "cr:Field", "@id": f"{folder}/{name}", "name": name, "dataType": kind,
                    "source": {"fileSet": {"@id": f"{folder}-metadata"}, "extract": {"column": name}},
                }
                for name, kind in fields.items()
            ],
        }
        for folder in folders
    ]  # fmt: skip
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": "annotated-microscopy-images",
        "description": "Microscopy images with one mask for each cell, exported from Cytomark.",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "distribution": sets,
        "recordSet": records,
    }
