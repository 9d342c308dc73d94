"""Small DICOM files."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

Pack = Callable[[np.ndarray], bytes]


def dicom(
    frames_nhws: np.ndarray,
    *,
    syntax: str = ExplicitVRLittleEndian,
    pack: Pack | None = None,
    fragments: int = 1,
    **tags: Any,
) -> bytes:
    """``frames_nhws``: (frame, row, column, sample), or without samples. ``pack`` makes one frame's bytes where the
    syntax is a compressed one. ``tags`` are set last, so they may lie."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = UID(syntax)
    said = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    samples = frames_nhws.shape[3] if frames_nhws.ndim == 4 else 1
    bits = frames_nhws.dtype.itemsize * 8
    said.SOPClassUID, said.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    said.NumberOfFrames, said.Rows, said.Columns = frames_nhws.shape[:3]
    said.SamplesPerPixel = samples
    said.PhotometricInterpretation = "RGB" if samples == 3 else "MONOCHROME2"
    said.BitsAllocated = said.BitsStored = bits
    said.HighBit = bits - 1
    said.PixelRepresentation = int(frames_nhws.dtype.kind == "i")
    if samples == 3:
        said.PlanarConfiguration = 0
    for name, value in tags.items():
        setattr(said, name, value)
    little = syntax != "1.2.840.10008.1.2.2"
    said.set_original_encoding(syntax == "1.2.840.10008.1.2", little)
    if pack is None:
        said.PixelData = frames_nhws.astype(frames_nhws.dtype.newbyteorder("<" if little else ">")).tobytes()
        said["PixelData"].VR = "OW" if bits > 8 else "OB"
    else:
        said.PixelData = encapsulate([pack(frame) for frame in frames_nhws], fragments_per_frame=fragments)
        said["PixelData"].VR = "OB"
        said["PixelData"].is_undefined_length = True
    file = io.BytesIO()
    said.save_as(file, enforce_file_format=True)
    return file.getvalue()


def measures(y_mm: float, x_mm: float, z_mm: float) -> list[Dataset]:
    """The sequence in which enhanced images say how large a pixel is."""
    inner, outer = Dataset(), Dataset()
    inner.PixelSpacing, inner.SpacingBetweenSlices = [y_mm, x_mm], z_mm
    outer.PixelMeasuresSequence = [inner]
    return [outer]
