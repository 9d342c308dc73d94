"""How inference answers: its port, writing rows and telling browsers. Runs inside the workers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.cache import cache
from redis.exceptions import RedisError

from annotation.actions.jobs import do_claim_attempt, do_fail_job, do_progress_job
from annotation.actions.runs import do_add_part, do_finish_run
from annotation.errors import ErrorCode
from annotation.events import newest_prompt_key, plane_of_address, send_answer, send_job, send_not_ready
from annotation.heartbeats import Heartbeats
from annotation.protocol import Candidate, JobUpdate, Mask, Preview, Proposal, Provenance, Refusal
from inference import contracts, ports, rle
from inference.errors import EngineErrorCode

PART_RUNS = 30_000
"""Run lengths in one part of a proposal: about 100 KB as JSON."""


def _parts(cells: list[Candidate]) -> list[list[Candidate]]:
    """The cells in order, in parts that can be sent; one part at least."""
    parts: list[list[Candidate]] = [[]]
    runs = 0
    for cell in cells:
        # A cell's score and box are about as long as ten of its runs.
        size = len(cell.mask.counts) + 10
        if parts[-1] and runs + size > PART_RUNS:
            parts.append([])
            runs = 0
        parts[-1].append(cell)
        runs += size
    return parts


class AnnotationReplies:
    """inference.ports.ReplyPort. ``reply_to`` is a consumer's channel for prompts, a plane's address for embeddings."""

    def __init__(self) -> None:
        self.heartbeats = Heartbeats()

    def is_stale(self, reply_to: str, prompt_id: int) -> bool:
        """Whether the tab has sent a newer prompt."""
        try:
            return int(cache.get(newest_prompt_key(reply_to), 0)) > prompt_id
        except (RedisError, OSError):
            return False

    def preview(self, reply_to: str, prompt_id: int, answer: ports.Json) -> None:
        """Masks, or why there are none, to the tab that asked."""
        error: Any = answer.get("error")
        if error is not None:
            if error["code"] == EngineErrorCode.EMBEDDING_MISSING:
                send_not_ready(reply_to, prompt_id)
                return
            refusal = Refusal(type="error", code=ErrorCode.ENGINE, message=error["message"], number=prompt_id)
            send_answer(reply_to, refusal)
            return
        found: Any = answer
        candidates = [
            Candidate.model_construct(mask=Mask.model_construct(**one["mask"]), score=one["score"])
            for one in found["candidates"]
            if one["mask"]["counts"]
        ]
        names = ("engine", "weights", "preprocessing", "engine_ms")
        more = {name: found[name] for name in names}
        send_answer(reply_to, Preview.model_construct(type="preview", number=prompt_id, candidates=candidates, **more))

    def tuned(
        self,
        reply_to: str,
        prompt_id: int,
        result: contracts.Segmentation,
        *,
        provenance: contracts.Provenance,
        engine_ms: float,
    ) -> None:
        """The cells at other thresholds, to the tab that asked, in parts; no more of them once it asks for others."""
        scores = result.scores
        cells = [
            Candidate.model_construct(mask=Mask.of(mask), score=scores[label - 1] if label <= len(scores) else 1.0)
            for label, mask in rle.from_labels(result.labels_hw)
        ]
        parts = _parts(cells)
        for number, part in enumerate(parts):
            if number > 0 and self.is_stale(reply_to, prompt_id):
                return
            proposal = Proposal.model_construct(
                type="proposal",
                number=prompt_id,
                engine=provenance.engine,
                weights=provenance.weights,
                preprocessing=provenance.preprocessing,
                cells=part,
                part=number,
                last=number == len(parts) - 1,
                engine_ms=engine_ms,
            )
            send_answer(reply_to, proposal)

    def job(self, reply_to: str, state: ports.Json) -> None:
        """How an embedding comes along."""
        told: Any = state
        message = told["error"]["message"] if "error" in told else ""
        image_id, t, z = plane_of_address(reply_to)
        update = JobUpdate(
            type="job",
            job=None,
            kind="embed",
            engine=told["engine"],
            state=told["state"],
            progress=told["fraction"],
            message=message,
            t=t,
            z=z,
        )
        send_job(image_id, update)

    def progress(self, job_id: str, attempt: int, fraction: float) -> bool:
        """Claim the job at its start, renew the lease later; false when it was cancelled or is another's."""
        if fraction == 0.0 and do_claim_attempt(UUID(job_id), attempt):
            self.heartbeats.start(job_id, attempt)
            return True
        # The rest is for writing the last cells.
        return do_progress_job(UUID(job_id), attempt, progress=0.98 * fraction)

    def part(self, job_id: str, attempt: int, part: contracts.Part, *, provenance: contracts.Provenance) -> bool:
        """Cells that people see, and may edit, while the run goes on."""
        stamped = Provenance(
            source="auto",
            engine=provenance.engine,
            weights=provenance.weights,
            preprocessing=provenance.preprocessing,
        )
        return do_add_part(UUID(job_id), attempt, part, provenance=stamped)

    def finished(self, job_id: str, attempt: int, *, seconds: float) -> None:
        """All parts are there."""
        self.heartbeats.stop(job_id)
        do_finish_run(UUID(job_id), attempt, seconds=seconds)

    def failed(self, job_id: str, attempt: int, error: ports.Json) -> None:
        """The run ended early; the cells that it found stay."""
        self.heartbeats.stop(job_id)
        if error["code"] != EngineErrorCode.CANCELLED:
            do_fail_job(UUID(job_id), attempt, message=str(error["message"]), permanent=bool(error["permanent"]))
