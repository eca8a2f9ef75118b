"""The system's Chromium, and what it has to say about a page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
"""What Chromium is called on the path."""
GRAVE = ("serious", "critical")
"""Impacts of axe-core's findings that no report may have."""


def chromium() -> str | None:
    """Path of the system's Chromium, if there is one."""
    return next((found for found in map(shutil.which, NAMES) if found), None)


def launch(playwright: Playwright, path: str) -> Browser:
    """Without a sandbox, which root and containers lack; pages are our own files."""
    return playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


@dataclass
class Heard:
    """What a page asked for and complained about while it was open."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


@contextmanager
def opened(where: Browser | BrowserContext, file: Path, **settings: Any) -> Iterator[tuple[Page, Heard]]:
    """The file as a page, and what is heard of it until the end."""
    page = where.new_page(**settings)
    heard = Heard()
    page.on("request", lambda request: heard.requests.append(request.url))
    page.on("console", lambda said: said.type in ("error", "warning") and heard.errors.append(said.text))
    page.on("pageerror", lambda error: heard.errors.append(str(error)))
    page.on("dialog", lambda dialog: (heard.dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(file.as_uri())
    try:
        yield page, heard
    finally:
        page.close()


def grave_findings(page: Page, *, contrast: bool = True) -> list[str]:
    """axe-core's serious and critical findings on the page, one line each; contrasts take most of its time.

    axe-core (Mozilla Public License 2.0) is read from the package axe-playwright-python, which bundles it.
    """
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(
        "contrast => axe.run({resultTypes: ['violations'], rules: {'color-contrast': {enabled: contrast}}})", contrast
    )
    assert found["passes"], "axe-core checked nothing"
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]
