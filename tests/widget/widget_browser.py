"""A browser, and someone who uses it."""

from typing import Dict, Iterator, List
from urllib.parse import urlsplit

import pytest
from canned_server import CannedBot
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, FrameLocator, Page, Request, sync_playwright

from rasa_project.operations.own_servers import program


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """For one file only: while Playwright is at work, nothing else in the process can run an event loop."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program("chromium", "chromium"), args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Visitor:
    """Someone at a browser. What the browser complains of, and which hosts it asked, is kept."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.complaints: List[str] = []
        self.requests: List[Request] = []
        self.page = self.new_tab()

    def new_tab(self) -> Page:
        page = self.context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request))
        return page

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def hosts(self) -> Dict[str, int]:
        """How many requests went to each host."""
        counted: Dict[str, int] = {}
        for request in self.requests:
            parts = urlsplit(request.url)
            if parts.scheme not in ("data", "blob"):
                counted[parts.netloc] = counted.get(parts.netloc, 0) + 1
        return counted

    def open_chat(self, url: str) -> FrameLocator:
        """Opens the demo page and clicks the launcher."""
        self.page.goto(f"{url}/demo")
        self.page.get_by_role("button", name="Ask about hip and back pain").click()
        frame = self.page.frame_locator("iframe")
        frame.locator("[data-id=webchat-sendbox-input]").wait_for()
        return frame


@pytest.fixture
def visitor(browser: Browser, canned: CannedBot) -> Iterator[Visitor]:
    """Afterwards: no violation of the content security policy, no error, and no other host."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    someone = Visitor(context)
    yield someone
    context.close()
    assert someone.complaints == []
    assert all(host.startswith("127.0.0.1:") for host in someone.hosts())


def say(chat: FrameLocator, text: str) -> None:
    """Types a message and sends it."""
    chat.locator("[data-id=webchat-sendbox-input]").fill(text)
    chat.locator("[data-id=webchat-sendbox-input]").press("Enter")
