"""Fields, constraints and tiny queries."""

from annotation.models.agreement import Comparison, ComparisonKind, ComparisonSums, Consensus
from annotation.models.annotations import Annotation, Client, Operation, Receipt
from annotation.models.audit import AuditEntry, AuditKind
from annotation.models.discussion import Comment, Mailing, Notification, NotificationChoice, NotificationKind
from annotation.models.holds import CellHold
from annotation.models.images import Image, ImageStatus, Upload, UploadState
from annotation.models.jobs import Job, JobKind, JobState
from annotation.models.measures import ImageMeasures
from annotation.models.people import User
from annotation.models.projects import CLASS_COLOURS, LabelClass, Looks, Membership, NextOrder, Project, Role
from annotation.models.recipes import Recipe, Scaling
from annotation.models.regions import Region
from annotation.models.review import Judgement, ProjectVisit, StateChange, Verdict, Visit
from annotation.models.snapshots import ImageSplit, Snapshot, SnapshotImage, Split
from annotation.models.tokens import KeptAnswer, Token
from annotation.models.webhooks import Delivery, DeliveryState, Webhook, WebhookEvent
from annotation.models.work import CellLevel, Extreme, ImageFigures, ImageTouch, ImageWork, Tally

__all__ = [
    "CLASS_COLOURS",
    "Annotation",
    "AuditEntry",
    "AuditKind",
    "CellHold",
    "CellLevel",
    "Client",
    "Comment",
    "Comparison",
    "ComparisonKind",
    "ComparisonSums",
    "Consensus",
    "Delivery",
    "DeliveryState",
    "Extreme",
    "Image",
    "ImageFigures",
    "ImageMeasures",
    "ImageSplit",
    "ImageStatus",
    "ImageTouch",
    "ImageWork",
    "Job",
    "JobKind",
    "JobState",
    "Judgement",
    "KeptAnswer",
    "LabelClass",
    "Looks",
    "Mailing",
    "Membership",
    "NextOrder",
    "Notification",
    "NotificationChoice",
    "NotificationKind",
    "Operation",
    "Project",
    "ProjectVisit",
    "Receipt",
    "Recipe",
    "Region",
    "Role",
    "Scaling",
    "Snapshot",
    "SnapshotImage",
    "Split",
    "StateChange",
    "Tally",
    "Token",
    "Upload",
    "UploadState",
    "User",
    "Verdict",
    "Visit",
    "Webhook",
    "WebhookEvent",
]
