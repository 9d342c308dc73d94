"""The tasks: parse, let an engine work, answer through the port. Nothing here knows how engines work.

Queues: ``click`` (predict, tune), ``embed``, ``batch`` (segment); training and file work have queues of their own.
Every task takes one JSON object, may be delivered twice, and is acknowledged late. Nothing is thrown out of a
task: errors are answered, the soft time limit too. Only prefork pools enforce time limits; in a solo pool it
is the lease of the job's row, or the newer prompt, that finds a hanging one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import partial

from celery import shared_task  # noqa: TID251 (the tasks of this library are declared here and nowhere else)
from celery.exceptions import SoftTimeLimitExceeded

from inference import wire
from inference.contracts import AutoParams, Embedding, ImageRef, Part, Provenance, Segmentation
from inference.embeddings import EmbeddingKey, default_store
from inference.engines.base import Engine, PromptEngine, TilePromptEngine
from inference.engines.registry import get_auto_engine, get_engine, get_flow_engine, get_prompt_engine
from inference.errors import EngineError, EngineErrorCode
from inference.memory import with_less_memory
from inference.parts import part_of, parts_of
from inference.planes import load_pixels
from inference.ports import reply_port
from inference.prompt_tiles import make_tile, tile_embedding
from inference.queues import EMBED, EMBED_TILE, HOLD, PREDICT, SEGMENT, TUNE

logger = logging.getLogger(__name__)
OVERTAKEN_S = 0.02
"""No one sends two prompts this close together: one that comes sooner need not be asked about."""
Json = Mapping[str, object]

_task = partial(shared_task, ignore_result=True, acks_late=True)
_quick_task = partial(_task, soft_time_limit=30, time_limit=45)
_embedding_task = partial(_task, soft_time_limit=600, time_limit=660)


def _explain(error: Exception) -> EngineError:
    """Every exception as the error that people see; the unexpected ones are logged with their traceback."""
    if isinstance(error, EngineError):
        return error
    if isinstance(error, SoftTimeLimitExceeded):
        message = "It took too long and was stopped. Try a smaller image or another engine."
        return EngineError(EngineErrorCode.TIMED_OUT, message, permanent=False)
    logger.error("A task failed", exc_info=error)
    message = "Something unexpected went wrong; the server's log says what."
    return EngineError(EngineErrorCode.INTERNAL, message, permanent=False)


@_quick_task(name=PREDICT)
def predict(request: Json) -> None:
    """Answer one prompt. ``request``: ``{"reply_to": text, "prompt_id": int, "sent_at": seconds of the Unix clock,
    "engine", "image": {"path", "sha256", "height", "width"}, "prompts": {…}}`` (see wire.get_prompts). A prompt that
    a newer one has overtaken is dropped before the work; after it, whoever asked sees that. Never encodes: without an
    embedding the answer is EMBEDDING_MISSING."""
    reply_to, prompt_id = wire.get_text(request, "reply_to"), wire.get_whole(request, "prompt_id")
    port = reply_port()
    if _has_waited(request) and port.is_stale(reply_to, prompt_id):
        return
    try:
        answer = with_less_memory(lambda: _candidates(request))
    except Exception as error:  # noqa: BLE001 (the task boundary: logged and answered)
        answer = {"error": wire.error_json(_explain(error))}
    port.preview(reply_to, prompt_id, answer)


def _has_waited(request: Json) -> bool:
    """Whether the prompt lay in its queue. Asking who is newest costs every click half a millisecond; clocks of two
    machines that differ cost only that."""
    return not 0 <= time.time() - wire.get_number(request, "sent_at") < OVERTAKEN_S


def _key(request: Json, engine: PromptEngine) -> EmbeddingKey:
    image = wire.get_image(request)
    return EmbeddingKey(
        pixels=image.sha256,
        view=image.view,
        engine=engine.card.name,
        weights=engine.weights,
        preprocessing=engine.preprocessing,
    )


def _kept(request: Json, engine: PromptEngine) -> Embedding:
    """The embedding of the request's image. Raises EngineError (EMBEDDING_MISSING) where there is none."""
    embedding = default_store().get(_key(request, engine))
    if embedding is None:
        message = "The image is still being prepared for clicks."
        raise EngineError(EngineErrorCode.EMBEDDING_MISSING, message, permanent=False)
    return embedding


def _candidates(request: Json) -> Json:
    engine = get_prompt_engine(wire.get_text(request, "engine"))
    prompts = wire.get_prompts(request)
    embedding = _kept(request, engine)
    fine = tile_embedding(default_store(), _key(request, engine), engine, prompts, wire.get_image(request))
    started = time.perf_counter()
    results = engine.predict(fine or embedding, prompts)
    took = (time.perf_counter() - started) * 1000
    return {
        "candidates": [wire.candidate_json(result) for result in results],
        "engine": engine.card.name,
        "weights": engine.weights,
        "preprocessing": _seen_as(engine, wire.get_image(request)),
        "engine_ms": round(took, 3),
    }


@_quick_task(name=TUNE)
def tune(request: Json) -> None:
    """All cells at other thresholds, from the kept flow field. ``request``: ``{"reply_to": text, "prompt_id": int,
    "engine", "image": {…}, "params": {…}}``. Overtaken, and without an embedding, it ends as predict does."""
    reply_to, prompt_id = wire.get_text(request, "reply_to"), wire.get_whole(request, "prompt_id")
    port = reply_port()
    if port.is_stale(reply_to, prompt_id):
        return
    try:
        result, provenance, took = with_less_memory(lambda: _tuned(request))
    except Exception as error:  # noqa: BLE001 (the task boundary: logged and answered)
        port.preview(reply_to, prompt_id, {"error": wire.error_json(_explain(error))})
    else:
        port.tuned(reply_to, prompt_id, result, provenance=provenance, engine_ms=took)


def _tuned(request: Json) -> tuple[Segmentation, Provenance, float]:
    engine, params = get_flow_engine(wire.get_text(request, "engine")), wire.get_params(request)
    embedding = _kept(request, engine)
    started = time.perf_counter()
    result = engine.masks(embedding, params)
    return result, _provenance(engine, params, request), round((time.perf_counter() - started) * 1000, 3)


def _seen_as(engine: Engine, image: ImageRef) -> str:
    """How the image's pixels became network input."""
    return "; ".join(filter(None, (engine.preprocessing, image.view.text)))


def _provenance(engine: Engine, params: AutoParams, request: Json) -> Provenance:
    # Where a run begins makes no difference to what it finds.
    used = {name: value for name, value in asdict(params).items() if name != "first"}
    return Provenance(engine.card.name, engine.weights, _seen_as(engine, wire.get_image(request)), used)


@_embedding_task(name=EMBED)
def embed(request: Json) -> None:
    """Make sure that the store has the embedding of an image. ``request``: ``{"job_id": text | null,
    "reply_to": text, "engine", "image": {…}}``. Cheap when it is there already."""
    reply_to, port = wire.get_text(request, "reply_to"), reply_port()
    image, engine_name = wire.get_image(request), wire.get_text(request, "engine")

    def tell(state: str, fraction: float, **more: object) -> None:
        about = {
            "kind": "embed",
            "job_id": request.get("job_id"),
            "image": image.sha256,
            "engine": engine_name,
        }
        port.job(reply_to, {**about, "state": state, "fraction": fraction, **more})

    try:
        with_less_memory(lambda: _embed(request, on_start=lambda: tell("running", 0.0)))
    except Exception as error:  # noqa: BLE001 (the task boundary: logged and answered)
        tell("failed", 0.0, error=wire.error_json(_explain(error)))
    else:
        tell("done", 1.0)


def _embed(request: Json, *, on_start: Callable[[], None]) -> None:
    engine = get_prompt_engine(wire.get_text(request, "engine"))
    _ensured(request, engine, on_start=on_start)


def _ensured(request: Json, engine: PromptEngine, *, on_start: Callable[[], None] | None = None) -> Embedding:
    """The embedding of the request's image, made and put into the store where there is none."""
    key, store = _key(request, engine), default_store()
    kept = store.get(key)
    if kept is not None:
        return kept
    if on_start is not None:
        on_start()
    embedding = engine.encode(load_pixels(wire.get_image(request)))
    store.put(key, embedding)
    return embedding


@_embedding_task(name=EMBED_TILE)
def embed_tile(request: Json) -> None:
    """Make sure that the store has the embedding of a part of a large plane. ``request``: ``{"engine", "image": {…},
    "tile": [top, left, height, width]}``. Nobody waits for it: clicks are answered from the whole plane until then."""
    try:
        with_less_memory(lambda: _embed_tile(request))
    except Exception as error:  # noqa: BLE001 (the task boundary: logged, and nobody to answer)
        logger.warning("A tile was not prepared: %s", _explain(error).message)


def _embed_tile(request: Json) -> None:
    engine = get_prompt_engine(wire.get_text(request, "engine"))
    if isinstance(engine, TilePromptEngine):
        image = wire.get_image(request)
        make_tile(
            default_store(),
            _key(request, engine),
            engine,
            wire.get_tile(request),
            lambda: load_pixels(image),
        )


@_quick_task(name=HOLD)
def hold(request: Json) -> None:
    """These images are open somewhere: what is kept of them stays for a while. ``request``: ``{"pixels": [SHA-256 of an
    image's pixels]}``. Nobody waits for an answer."""
    pixels = request.get("pixels")
    for each in pixels if isinstance(pixels, list) else []:
        default_store().hold(str(each))


@_task(name=SEGMENT, soft_time_limit=7200, time_limit=7500)
def segment(request: Json) -> None:
    """Find all cells. ``request``: ``{"job_id": text, "attempt": int, "engine", "image": {…}, "params":
    {…}}``. The port hears of the start before any work, and may refuse it (delivered twice) or stop the run
    at every tile. Cells are handed over in parts as they are found."""
    job_id, attempt = wire.get_text(request, "job_id"), wire.get_whole(request, "attempt")
    port = reply_port()

    def on_progress(fraction: float) -> None:
        _go_on(port.progress(job_id, attempt, min(max(fraction, 0.0), 1.0)))

    started = time.perf_counter()
    try:
        on_progress(0.0)
        for part, provenance in _parts(request, on_progress):
            _go_on(port.part(job_id, attempt, part, provenance=provenance))
        port.finished(job_id, attempt, seconds=time.perf_counter() - started)
    except Exception as error:  # noqa: BLE001 (the task boundary: logged and answered)
        port.failed(job_id, attempt, wire.error_json(_explain(error)))


def _go_on(wanted: bool) -> None:  # noqa: FBT001 (the port's answer)
    if not wanted:
        raise EngineError(EngineErrorCode.CANCELLED, "The run was stopped.", permanent=True)


def _parts(request: Json, on_progress: Callable[[float], None]) -> Iterator[tuple[Part, Provenance]]:
    name, params = wire.get_text(request, "engine"), wire.get_params(request)
    if params.cached:
        # What the live preview showed, to the pixel.
        keeper = get_flow_engine(name)
        found = with_less_memory(lambda: keeper.masks(_ensured(request, keeper), params, progress=on_progress))
        yield part_of(0, found), _provenance(keeper, params, request)
        return
    engine = get_auto_engine(name)
    pixels = load_pixels(wire.get_image(request))
    for part in parts_of(engine, pixels, params, progress=on_progress):
        yield part, _provenance(engine, params, request)


def warm(engine_names: Iterable[str], *, queue: str) -> dict[str, str]:
    """Get a worker ready, so that its first task is not its slowest: threads (one for ``click``, as clicks
    have their own process each), compiled loops and weights. Returns the problem, a sentence, of every engine that
    cannot be used."""
    from inference import torch_runtime
    from inference.kernels import compile_kernels

    torch_runtime.set_threads(1 if queue == "click" else None)
    compile_kernels()
    problems = {}
    for name in engine_names:
        try:
            get_engine(name)
        except EngineError as error:
            problems[name] = error.message
    return problems
