"""The longer part of the model cards: what is inside, what it was trained on, where it fails, and measured figures (how
they were measured is in docs/ and networks/*.md). Paragraphs are parted by an empty line."""

from __future__ import annotations

from inference.contracts import Figure

STARTER = """
A U-Net of residual blocks (3.2 million parameters) predicts flows as Cellpose does, a cell logit and the cell's
diameter; a small prompt decoder (0.25 million) answers clicks over its features. A click gets the flow basin under it
or one of the decoder's masks, whichever the decoder expects to be best.

Made for nuclei in fluorescence. Stained tissue and grey brightfield work less well, whole cells in phase contrast
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

MOBILE_SAM = """
Segment Anything's prompt encoder and decoder with an encoder of 6 million parameters in the place of hundreds of
millions (TinyViT), which was taught to give the large one's features (Zhang et al., 2023). Points, boxes, scribbles and
masks are answered as Segment Anything does it.

Distilled from one hundredth of Segment Anything's photographs, not from microscopy. Without a GPU it reads an image in
a few seconds; its outlines are a little coarser than those of the large encoders.
"""

CELLPOSE_SAM = """
Segment Anything's ViT-L encoder, trained by the authors of Cellpose to predict flows and a cell probability for cells
and nuclei in many kinds of microscopy (Pachitariu, Rariden, Stringer, 2025). Masks are where flows come together.

Large: seconds for an image with a GPU, minutes without.
"""

CELLPOSE = """
A residual U-Net with a style vector that predicts flows and a cell probability (Stringer, Wang, Michaelos, Pachitariu,
2021), in a size that trains on a CPU in minutes from a handful of images. Clicks and new thresholds are answered from
its kept flows.

It knows what it was trained on: images of another kind or another size of cells need a training of their own.
"""

UNET = """
A U-Net with skip connections (Ronneberger, Fischer, Brox, 2015) that gives each pixel a class; cells are parted by a
class for their boundaries and a watershed. Small enough to train on a CPU in minutes.

Cells that touch along a long, faint edge tend to become one.
"""

SEGNET = """
An encoder and a decoder without skip connections, U-Net's plain sibling (Badrinarayanan, Kendall, Cipolla, 2017), used
in the same way: a class for each pixel, cells by their boundaries and a watershed.

Its outlines are coarser than U-Net's; it is here for comparison and for broad regions.
"""

_FLUORESCENCE = "Fluorescence, 64 validation images, 3,154 nuclei"
_TISSUE = "Stained tissue, 13 validation images, 507 nuclei"
STARTER_FIGURES = (
    Figure(_FLUORESCENCE, "AP@0.5", 0.823),
    Figure(_FLUORESCENCE, "AP@0.75", 0.626),
    Figure(_FLUORESCENCE, "Mean IoU after one click", 0.783),
    Figure(_FLUORESCENCE, "Mean IoU after two clicks", 0.814),
    Figure(_FLUORESCENCE, "Clicks to IoU 0.85", 3.70),
    Figure(_TISSUE, "AP@0.5", 0.744),
    Figure(_TISSUE, "Mean IoU after one click", 0.723),
    Figure("Grey brightfield, 1 validation image, 71 nuclei", "AP@0.5", 0.692),
    Figure("Phase contrast, 7 validation images, 393 cells", "AP@0.5", 0.554),
)
