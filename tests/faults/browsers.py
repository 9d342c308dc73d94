"""Real browsers that are closed, crash or are killed in the middle of a stroke: what was finished is never lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import tempfile
from collections.abc import AsyncIterator
from typing import Any

import psutil
from playwright.async_api import BrowserContext, Error, Page, async_playwright

from tests.e2e.conftest import ARGUMENTS
from tests.faults.ground import Ground
from tests.running import Tab

ENDS = ("loaded again", "closed", "crashed", "killed")


@contextlib.asynccontextmanager
async def browser(ground: Ground, profile: str) -> AsyncIterator[BrowserContext]:
    """A Chromium that keeps what it keeps in a folder of its own."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            profile, executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=list(ARGUMENTS)
        )
        cookies: Any = [
            {"name": one.name, "value": one.value or "", "url": ground.app.url} for one in ground.people[1].jar
        ]
        await context.add_cookies(cookies)
        yield context
        with contextlib.suppress(Error):
            await context.close()


async def opened(ground: Ground, context: BrowserContext) -> Page:
    page = await context.new_page()
    await page.goto(f"{ground.app.url}/images/{ground.image_id}/")
    await page.wait_for_selector('[data-ready="true"][data-save="saved"]', timeout=40_000, state="attached")
    return page


async def number(page: Page, name: str) -> float:
    return float(await page.locator("[data-ready]").get_attribute(f"data-{name}") or 0)


async def begin_stroke(page: Page, row: float) -> None:
    box = await page.locator("canvas").first.bounding_box()
    assert box is not None
    scale, left, top = [await number(page, name) for name in ("scale", "left", "top")]
    x, y = box["x"] + (30 - left) * scale, box["y"] + (row - top) * scale
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 8, y, steps=3)


async def end(page: Page, context: BrowserContext, how: str, profile: str) -> None:
    """The end of the page, of its renderer or of the whole browser."""
    if how == "loaded again":
        await page.reload()
    elif how == "closed":
        await page.close()
    elif how == "crashed":
        with contextlib.suppress(Error):
            await page.goto("chrome://crash", timeout=3000)
    else:
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if profile in " ".join(process.cmdline()):
                    os.kill(process.pid, signal.SIGKILL)


async def stroke_and_end(ground: Ground, how: str, row: int, dice: random.Random) -> None:
    """One finished stroke, one that is not, and the end in the middle of it."""
    with tempfile.TemporaryDirectory(prefix="cm-browser-", ignore_cleanup_errors=True) as profile:
        async with browser(ground, profile) as context:
            page = await opened(ground, context)
            before = await number(page, "cells")
            await page.keyboard.press("b")
            if dice.random() < 0.5:
                await context.set_offline(True)
            await begin_stroke(page, row)
            await page.mouse.up()
            await page.wait_for_selector(f'[data-cells="{before + 1:g}"]', timeout=10_000, state="attached")
            await asyncio.sleep(0.05 + 0.2 * dice.random())
            await begin_stroke(page, row + 20)
            with contextlib.suppress(Error):
                await context.set_offline(False)
            await end(page, context, how, profile)
        async with browser(ground, profile) as context:
            page = await opened(ground, context)
            await page.wait_for_selector(f'[data-cells="{before + 1:g}"]', timeout=40_000, state="attached")
    tab = Tab(ground.people[1], ground.image_id)
    cells = len(tab.open()["snapshot"])
    tab.close()
    assert cells == before + 1, f"{how}: {cells:g} cells instead of {before + 1:g}"


def empty(ground: Ground) -> None:
    """The image without cells."""
    tab = Tab(ground.people[1], ground.image_id)
    tab.delete_all()
    tab.close()


async def r9_browsers(ground: Ground, size: Any, seed: int) -> str:
    """R9, R10: a page is loaded again, closed, crashes or is killed in mid-stroke: no finished stroke is lost."""
    dice = random.Random(seed)  # noqa: S311 - seeded
    ground.image_id = ground.images[2]
    await asyncio.to_thread(empty, ground)
    for turn in range(size.operations):
        for at, how in enumerate(ENDS):
            await stroke_and_end(ground, how, 20 + 45 * (4 * turn + at) % 400, dice)
        await asyncio.to_thread(empty, ground)
    return f"{size.operations} × {', '.join(ENDS)}, half of them offline: 0 finished strokes lost"
