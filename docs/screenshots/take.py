"""Takes the pictures of the chat widget for the README: ``make screenshots``. They show the bot as it answers now."""

from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from rasa_project.operations import serving, training
from rasa_project.operations.own_servers import program

FOLDER = Path(__file__).parent
INPUT = "[data-id=webchat-sendbox-input]"


def say(page: Page, text: str) -> None:
    chat = page.frame_locator("iframe")
    replies = chat.locator(".webchat__bubble:not(.webchat__bubble--from-user)")
    before = replies.count()
    chat.locator(INPUT).fill(text)
    chat.locator(INPUT).press("Enter")
    replies.nth(before).wait_for()
    page.wait_for_timeout(1500)  # until it has scrolled


def main() -> None:
    with serving.trial(training.ensure_model()) as bot, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium", "chromium"), args=["--no-sandbox"])
        for name, width, height, messages in (
            ("desktop", 1280, 800, ["what is sciatica?"]),
            ("phone", 390, 800, ["guide me through the piriformis stretch"]),
            ("escalation", 390, 800, ["my hip hurts", "since this morning i can't put any weight on my leg"]),
        ):
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(bot.demo_url)
            page.get_by_role("button", name="Ask about hip and back pain").click()
            page.frame_locator("iframe").locator(INPUT).wait_for()
            for message in messages:
                say(page, message)
            page.screenshot(path=FOLDER / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
