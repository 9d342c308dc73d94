"""Before any test module here imports cellpose or segment_anything: see inference.torch_runtime."""

from inference import torch_runtime

torch_runtime.mend_torchvision()
