"""Fields, constraints and tiny queries."""

from annotation.models.annotations import Annotation, Client, Operation, Receipt
from annotation.models.images import Image, ImageStatus, Upload, UploadState
from annotation.models.jobs import Job, JobKind, JobState
from annotation.models.people import User
from annotation.models.projects import CLASS_COLOURS, LabelClass, Membership, Project, Role
from annotation.models.regions import Region
from annotation.models.tokens import KeptAnswer, Token

__all__ = [
    "CLASS_COLOURS",
    "Annotation",
    "Client",
    "Image",
    "ImageStatus",
    "Job",
    "JobKind",
    "JobState",
    "KeptAnswer",
    "LabelClass",
    "Membership",
    "Operation",
    "Project",
    "Receipt",
    "Region",
    "Role",
    "Token",
    "Upload",
    "UploadState",
    "User",
]
