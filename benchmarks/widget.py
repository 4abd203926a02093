"""How long the chat widget takes in a browser: from the click to a chat that can be written in, and from sending to the reply on the screen."""

import statistics
import time
from typing import List

from playwright.sync_api import sync_playwright

from benchmarks.load import Bot
from rasa_project.operations.own_servers import program

TIMES = 15
MESSAGES = ("what is sciatica?", "what causes bursitis?", "how do i do the piriformis stretch")
INPUT = "[data-id=webchat-sendbox-input]"


def run(bot: Bot) -> str:
    """A table of medians in milliseconds."""
    first: List[float] = []
    again: List[float] = []
    replies: List[float] = []
    over_rest: List[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium", "chromium"), args=["--no-sandbox"])
        for _ in range(TIMES):
            context = browser.new_context()
            for opened in (first, again):  # the second time from the browser's cache
                page = context.new_page()
                page.goto(f"{bot.url}/webhooks/widget/demo")
                chat = page.frame_locator("iframe")
                page.get_by_role("button", name="Ask about hip and back pain").click()
                started = time.perf_counter()
                chat.locator(INPUT).wait_for()
                opened.append(1000 * (time.perf_counter() - started))
            for number, message in enumerate(MESSAGES):
                started = time.perf_counter()
                chat.locator(INPUT).fill(message)
                chat.locator(INPUT).press("Enter")
                chat.locator(".extras").nth(number).wait_for()
                replies.append(1000 * (time.perf_counter() - started))
            for message in MESSAGES:
                started = time.perf_counter()
                bot.ask(f"widget-{time.time_ns()}", message)
                over_rest.append(1000 * (time.perf_counter() - started))
            context.close()
        browser.close()
    rows = {
        "From the click to a chat that can be written in, first visit": first,
        "The same from the browser's cache": again,
        "From sending to the reply on the screen": replies,
        "Of which REST alone takes": over_rest,
    }
    lines = [f"| {name} | {statistics.median(taken):.0f} |" for name, taken in rows.items()]
    return "\n".join([f"| median of {TIMES} visits, on the machine of the server | ms |", "| --- | ---: |", *lines])
