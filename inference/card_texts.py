"""The longer part of the model cards: what is inside, what it was trained on, where it fails, and measured figures (how
they were measured is in docs/ and networks/*.md). Paragraphs are parted by an empty line."""

from __future__ import annotations

from inference.contracts import Figure

STARTER = """
A U-Net of residual blocks (3.2 million parameters) predicts flows as Cellpose does, a cell logit and the cell's
diameter; a small prompt decoder (0.25 million) answers clicks over its features. A click gets the flow basin under it
or one of the decoder's masks, whichever the decoder expects to be best.

Made for nuclei in fluorescence. Stained tissue works less well; grey brightfield and whole cells in phase contrast
poorly: look at its masks before you count them.

Trained on the Data Science Bowl 2018 (BBBC038, CC0, 500 images with corrected masks) and on T98G cells in phase
contrast from Usiigaci (MIT, © 2018 Okinawa Institute of Science and Technology, 35 images).
"""

SAM = """
A vision transformer (ViT-B, L or H) reads the image once; a small decoder then answers points, boxes, scribbles and
masks with three candidates each (Kirillov et al., 2023).

Trained by Meta AI on photographs, not on microscopy: it outlines what has an edge and does not know what a nucleus is.
Without a GPU, ViT-B reads an image in 15 to 30 seconds on two cores; the larger ones take minutes.
"""

CELLPOSE_SAM = """
Segment Anything's ViT-L encoder, trained by the authors of Cellpose to predict flows and a cell probability for cells
and nuclei in many kinds of microscopy (Pachitariu, Rariden, Stringer, 2025). Masks are where flows come together.

Large: seconds for an image with a GPU, minutes without.
"""

_FLUORESCENCE = "Fluorescence, 64 validation images, 3,154 nuclei"
_TISSUE = "Stained tissue, 13 validation images, 507 nuclei"
STARTER_FIGURES = (
    Figure(_FLUORESCENCE, "AP@0.5", 0.785),
    Figure(_FLUORESCENCE, "AP@0.75", 0.607),
    Figure(_FLUORESCENCE, "Mean IoU after one click", 0.720),
    Figure(_FLUORESCENCE, "Mean IoU after two clicks", 0.773),
    Figure(_FLUORESCENCE, "Clicks to IoU 0.85", 4.78),
    Figure(_TISSUE, "AP@0.5", 0.540),
    Figure(_TISSUE, "AP@0.75", 0.268),
    Figure("Grey brightfield, 1 validation image, 71 nuclei", "AP@0.5", 0.167),
    Figure("Phase contrast, 4 validation images", "AP@0.5", 0.05),
)
