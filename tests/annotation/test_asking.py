"""What a tab asks of the engines: where it goes, what comes back, and what has to wait for the image to be prepared."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from annotation import jobs
from annotation.errors import ErrorCode
from annotation.events import send_job
from annotation.models import Image, Membership, Role
from annotation.protocol import JobUpdate
from annotation.replies import AnnotationReplies
from inference.contracts import Prompts, Provenance, Scribble, Segmentation
from inference.wire import get_params, get_prompts
from tests.annotation.tabs import Page, run
from tests.factories import make_image, make_project, make_user

pytestmark = [pytest.mark.django_db(transaction=True)]

FOUND = Provenance("starter", "0" * 64, "v1", {})
PROMPT = {"type": "prompt", "number": 1, "engine": "starter", "prompts": {"points": []}}
TUNE = {"type": "tune", "number": 2, "engine": "starter", "params": {"cell_probability": 0.5}}
Sent = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What would have gone to the broker: tasks with their request."""
    tasks: Sent = []

    def note(task: str, argument: Any, **_: Any) -> bool:
        tasks.append((task, argument))
        return True

    monkeypatch.setattr(jobs, "_publish", note)
    return tasks


@pytest.fixture
async def page(settings: Any, sent: Sent) -> AsyncIterator[Page]:
    settings.ALLOWED_HOSTS = ["testserver"]
    image = await run(lambda: make_image(make_project()))
    page = await run(_page, image)
    assert await page.open()
    await page.hello()
    sent.clear()
    yield page
    await page.socket.disconnect()


def _page(image: Image) -> Page:
    user = make_user()
    Membership.objects.create(project=image.project, user=user, role=Role.ANNOTATOR)
    page = Page(user, image.pk)
    page.image = image
    return page


async def heard(page: Page) -> None:
    """Everything said so far has been dealt with."""
    await page.say({"type": "ping"})
    await page.hear("pong")


async def embedded(page: Page, state: str, engine: str = "starter", message: str = "") -> None:
    """The embed worker tells how it went."""
    update = JobUpdate(
        type="job", job=None, kind="embed", engine=engine, state=state, progress=1, message=message  # type: ignore[arg-type]
    )  # fmt: skip
    await run(send_job, page.image.pk, update)


async def test_a_tune_goes_to_the_click_queue_as_inference_reads_it(page: Page, sent: Sent) -> None:
    await page.say(TUNE)
    await heard(page)
    ((task, request),) = sent
    assert task == "inference.tune"
    assert (request["prompt_id"], request["engine"]) == (2, "starter")
    assert get_params(request).cell_probability == 0.5
    assert not get_params(request).cached


async def test_a_prompt_carries_its_scribbles_and_its_mask(page: Page, sent: Sent) -> None:
    mask = {"top": 3, "left": 4, "height": 2, "width": 3, "counts": [1, 4, 1]}
    strokes = [{"places": [{"row": 1, "col": 2}, {"row": 3.5, "col": 4}], "positive": False}]
    await page.say({**PROMPT, "prompts": {"mask": mask, "scribbles": strokes}})
    await heard(page)
    ((_, request),) = sent
    prompts: Prompts = get_prompts(request)
    assert prompts.scribbles == (Scribble(((1.0, 2.0), (3.5, 4.0)), positive=False),)
    assert prompts.mask is not None
    assert (prompts.mask.top, prompts.mask.counts) == (3, (1, 4, 1))


def labels() -> Segmentation:
    """Two cells, of 100 and 200 pixels."""
    labels_hw = np.zeros((60, 80), np.int32)
    labels_hw[2:12, 3:13] = 1
    labels_hw[30:40, 30:50] = 2
    return Segmentation(labels_hw, (0.9, 0.8))


async def test_a_proposal_reaches_the_tab_that_asked_in_parts(
    page: Page, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotation.replies.PART_RUNS", 5)
    await page.say(TUNE)
    await heard(page)
    tuned(sent[0][1]["reply_to"], 2, labels())
    first, second = await page.hear("proposal"), await page.hear("proposal")
    assert [(part.part, part.last, len(part.cells)) for part in (first, second)] == [(0, False, 1), (1, True, 1)]
    assert (first.number, first.engine, first.engine_ms) == (2, "starter", 12.0)
    assert first.cells[0].score == 0.9
    assert first.cells[0].mask.to_rle().area == 100


def tuned(reply_to: str, number: int, found: Segmentation) -> None:
    AnnotationReplies().tuned(reply_to, number, found, provenance=FOUND, engine_ms=12.0)


async def test_no_cells_at_these_thresholds_are_an_answer_too(page: Page, sent: Sent) -> None:
    await page.say(TUNE)
    await heard(page)
    tuned(sent[0][1]["reply_to"], 2, Segmentation(labels().labels_hw * 0, ()))
    answer = await page.hear("proposal")
    assert (answer.cells, answer.part, answer.last) == ([], 0, True)


async def test_a_newer_tune_ends_the_older_and_a_click_does_too(page: Page, sent: Sent) -> None:
    port = AnnotationReplies()
    await page.say(TUNE)
    await page.say({**TUNE, "number": 3})
    await heard(page)
    reply_to = sent[0][1]["reply_to"]
    assert await run(port.is_stale, reply_to, 2)
    await page.say({**PROMPT, "number": 4})
    await heard(page)
    assert await run(port.is_stale, reply_to, 3)
    tuned(reply_to, 3, labels())
    await heard(page)
    await page.say({"type": "cancel", "number": 4})
    await heard(page)
    assert await run(port.is_stale, reply_to, 4)


NOT_READY = {"error": {"code": "embedding_missing", "message": "", "permanent": False}}


@pytest.mark.parametrize("asked", [{**PROMPT, "engine": "sam"}, TUNE], ids=["click", "tune"])
async def test_what_is_asked_of_an_unprepared_image_is_asked_again_once_it_is(
    page: Page, sent: Sent, asked: dict[str, Any]
) -> None:
    await page.say(asked)
    await heard(page)
    ((task, request),) = sent
    await run(AnnotationReplies().preview, request["reply_to"], asked["number"], NOT_READY)
    told = await page.hear("job")
    assert (told.kind, told.state, told.engine) == ("embed", "queued", asked["engine"])
    await heard(page)
    assert [name for name, _ in sent] == [task, "inference.embed"]
    assert sent[1][1]["engine"] == asked["engine"]
    # The tab asks again after five seconds; the image is not encoded twice for it.
    await page.say(asked)
    await heard(page)
    await run(AnnotationReplies().preview, request["reply_to"], asked["number"], NOT_READY)
    await heard(page)
    assert [name for name, _ in sent] == [task, "inference.embed", task]
    await embedded(page, "done", engine="another")
    await embedded(page, "done", engine=asked["engine"])
    await page.hear("job")
    await page.hear("job")
    while len(sent) < 4:  # noqa: ASYNC110 - nothing tells; the test has a time limit
        await asyncio.sleep(0.02)
    assert [name for name, _ in sent] == [task, "inference.embed", task, task]


async def test_who_waits_for_an_image_that_cannot_be_prepared_is_told(page: Page, sent: Sent) -> None:
    await page.say(TUNE)
    await heard(page)
    await run(AnnotationReplies().preview, sent[0][1]["reply_to"], 2, NOT_READY)
    await embedded(page, "failed", message="The weights are damaged.")
    refusal = await page.hear("error")
    assert (refusal.code, refusal.number, refusal.message) == (ErrorCode.ENGINE, 2, "The weights are damaged.")


async def test_choosing_an_engine_has_the_image_prepared_for_it_once(page: Page, sent: Sent) -> None:
    for engine in ("sam", "sam", "starter"):
        await page.say({"type": "prepare", "engine": engine})
    await heard(page)
    assert [(task, request["engine"]) for task, request in sent] == [
        ("inference.embed", "sam"),
        ("inference.embed", "starter"),
    ]


@pytest.mark.parametrize("engine", ["nonsense", "__proto__"])
async def test_there_is_nothing_to_prepare_for_an_engine_that_does_not_exist(
    page: Page, sent: Sent, engine: str
) -> None:
    await page.say({"type": "prepare", "engine": engine})
    assert (await page.hear("error")).code == ErrorCode.BAD_REQUEST
    assert sent == []
