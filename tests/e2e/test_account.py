"""A person makes a token in the browser, a program uses it, and the person takes it back."""

from __future__ import annotations

import httpx
from playwright.sync_api import BrowserContext, expect

from tests.running import App


def test_a_token_works_until_it_is_taken_back(app: App, ann: BrowserContext) -> None:
    page = ann.new_page()
    page.goto(f"{app.url}/")
    page.get_by_role("link", name="ann").click()
    page.get_by_label("What it is for").fill("notebook")
    page.get_by_role("button", name="Make token").click()
    headers = {"Authorization": f"Bearer {page.get_by_label('New token').input_value()}"}
    assert httpx.get(f"{app.url}/api/me", headers=headers).json()["username"] == "ann"
    page.get_by_role("button", name="Take back notebook").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("notebook")).to_have_count(0)
    assert httpx.get(f"{app.url}/api/me", headers=headers).status_code == 401
    page.close()
