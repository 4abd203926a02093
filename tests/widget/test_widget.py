"""The chat widget in a real browser, as patients meet it."""

import gzip
import json
from typing import Any, List

import pytest
from axe_playwright_python.sync_playwright import Axe
from canned_server import CannedBot
from playwright.sync_api import Browser, FrameLocator, Page, Route, expect
from widget_browser import Visitor, say

from rasa_project.settings import WEB_FOLDER, clinic_settings

PHONE = clinic_settings().clinic.phone
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def bubbles(chat: FrameLocator) -> "Any":
    return chat.locator(".webchat__bubble__content")


def quick_reply(chat: FrameLocator, title: str) -> "Any":
    return chat.locator(".webchat__suggested-action").filter(has_text=title)


def test_nothing_but_a_small_launcher_loads_before_the_click(visitor: Visitor, canned: CannedBot) -> None:
    visitor.page.goto(f"{canned.url}/demo")
    expect(visitor.page.get_by_role("button", name="Ask about")).to_be_visible()
    assert [request.url.rsplit("/", 1)[1] for request in visitor.requests if request.url.startswith("http")] == ["demo", "launcher.js"]
    assert len(gzip.compress((WEB_FOLDER / "launcher.js").read_bytes(), 9)) <= 5 * 1024


def test_the_notices_of_what_is_loaded_are_served_beside_it(visitor: Visitor, canned: CannedBot) -> None:
    visitor.open_chat(canned.url)
    folder = next(request.url.rsplit("/", 1)[0] for request in visitor.requests if request.url.endswith("webchat-minimal.js"))
    for name in ("NOTICES.txt", "LICENSE", "webchat-minimal.js.LICENSE.txt"):
        assert "MIT" in visitor.context.request.get(f"{folder}/{name}").text()
    assert visitor.context.request.get(f"{folder}/../../../../clinic.yml").status == 404


def test_a_first_visit_greets_and_says_what_happens_to_the_words(visitor: Visitor, canned: CannedBot) -> None:
    chat = visitor.open_chat(canned.url)
    expect(chat.get_by_text("not a diagnosis")).to_be_visible()
    expect(quick_reply(chat, "When to see a doctor")).to_be_visible()
    say(chat, "what is sciatica?")
    expect(chat.get_by_text("not a diagnosis").first).not_to_be_visible()


def test_an_answer_shows_its_text_and_folds_its_source(visitor: Visitor, canned: CannedBot) -> None:
    chat = visitor.open_chat(canned.url)
    say(chat, "what is sciatica?")
    expect(bubbles(chat).filter(has_text="sciatic nerve")).to_have_count(1)
    source = chat.get_by_text("Source: our article")
    expect(source).not_to_be_visible()
    chat.get_by_text("Where this comes from").click()
    expect(source).to_be_visible()
    expect(chat.get_by_text("P55")).to_be_visible()


def test_a_quick_reply_shows_its_title_and_sends_its_payload(visitor: Visitor, canned: CannedBot) -> None:
    chat = visitor.open_chat(canned.url)
    say(chat, "what is sciatica?")
    expect(quick_reply(chat, "What causes it?")).to_be_visible()
    with visitor.page.expect_request("**/webhook") as sent:
        quick_reply(chat, "What causes it?").click()
    assert json.loads(sent.value.post_data or "")["message"] == '/ask_causes{"topic":"sciatica"}'
    expect(bubbles(chat).filter(has_text="What causes it?")).to_have_count(1)
    expect(chat.get_by_text("/ask_causes")).to_have_count(0)


def test_help_is_pinned_until_it_is_taken_back(visitor: Visitor, canned: CannedBot) -> None:
    chat = visitor.open_chat(canned.url)
    say(chat, "i cannot walk")
    card = chat.locator("#help")
    expect(card.get_by_role("heading", name="Get help now")).to_be_visible()
    expect(card.get_by_role("link", name="999")).to_have_attribute("href", "tel:999")
    assert card.evaluate("element => element.getAttribute('role')") == "alert"
    say(chat, "what is sciatica?")
    expect(bubbles(chat).filter(has_text="sciatic nerve")).to_have_count(1)
    expect(card.get_by_role("heading")).to_be_visible()
    visitor.page.reload()
    expect(visitor.page.frame_locator("iframe").locator("#help").get_by_role("heading")).to_be_visible()
    say(visitor.page.frame_locator("iframe"), "i can now walk")
    expect(visitor.page.frame_locator("iframe").locator("#help").get_by_role("heading")).to_have_count(0)


def test_despair_pins_the_help_line(visitor: Visitor, canned: CannedBot) -> None:
    chat = visitor.open_chat(canned.url)
    say(chat, "despair")
    expect(chat.locator("#help").get_by_role("link", name=clinic_settings().crisis_line.number)).to_be_visible()


def test_a_stretch_comes_with_drawings_that_have_words(visitor: Visitor, canned: CannedBot) -> None:
    chat = visitor.open_chat(canned.url)
    say(chat, "a stretch please")
    drawings = chat.locator(".extras img")
    expect(drawings).to_have_count(3)
    for number in range(3):
        drawings.nth(number).scroll_into_view_if_needed()
        expect(drawings.nth(number)).to_have_js_property("complete", True)
        assert drawings.nth(number).evaluate("image => image.naturalWidth") > 0
        assert len(drawings.nth(number).get_attribute("alt") or "") > 20


def test_a_vote_is_sent(visitor: Visitor, canned: CannedBot) -> None:
    chat = visitor.open_chat(canned.url)
    say(chat, "what is sciatica?")
    with visitor.page.expect_request(lambda request: "feedback" in (request.post_data or "")) as sent:
        chat.get_by_role("button", name="No, not helpful").click()
    assert json.loads(sent.value.post_data or "")["message"] == '/feedback{"value":"down"}'
    expect(chat.get_by_text("Thank you for telling us")).to_be_visible()


def test_a_server_that_dies_in_mid_turn_is_said_and_the_message_can_be_sent_again(browser: Browser, mortal: CannedBot) -> None:
    visitor = Visitor(browser.new_context())
    chat = visitor.open_chat(mortal.url)
    with visitor.page.expect_request("**/webhook"):
        say(chat, "slow echo, please")
    mortal.kill()
    fault = chat.locator("#fault")
    expect(fault).to_contain_text(PHONE)
    expect(fault).to_contain_text("999")
    mortal.start()
    chat.get_by_role("button", name="Send it again").click()
    expect(fault).to_be_empty()
    expect(bubbles(chat).filter(has_text="slow echo, please")).to_have_count(2, timeout=20_000)
    visitor.context.close()


def test_a_slow_answer_is_announced_and_still_comes(visitor: Visitor, canned: CannedBot) -> None:
    chat = visitor.open_chat(canned.url)
    say(chat, "slow echo")
    expect(chat.locator("#note")).to_contain_text("longer than usual", timeout=10_000)
    expect(bubbles(chat).filter(has_text="slow echo")).to_have_count(2, timeout=20_000)
    expect(chat.locator("#note")).to_be_empty()


def test_without_a_connection_the_patient_is_told(visitor: Visitor, canned: CannedBot) -> None:
    chat = visitor.open_chat(canned.url)
    visitor.context.set_offline(True)
    expect(chat.locator("#fault")).to_contain_text("You are offline")
    say(chat, "echo one")
    expect(chat.locator("#fault")).to_contain_text("You are offline")
    visitor.context.set_offline(False)
    expect(chat.locator("#fault")).to_contain_text("may not have been answered")
    chat.get_by_role("button", name="Send it again").click()
    expect(bubbles(chat).filter(has_text="echo one")).to_have_count(2)


@pytest.mark.parametrize("status, body", [(200, "[]"), (200, "<html>"), (200, '{"text": 5}'), (502, "Bad gateway"), (200, "[null]")])
def test_nonsense_from_the_server_is_never_silence(visitor: Visitor, canned: CannedBot, status: int, body: str) -> None:
    def answer(route: Route) -> None:
        route.fulfill(status=status, body=body, content_type="application/json")

    chat = visitor.open_chat(canned.url)
    visitor.page.route("**/webhooks/rest/webhook", answer)
    say(chat, "hello")
    expect(chat.locator("#fault")).to_contain_text(PHONE)


def test_a_turn_that_fails_in_the_bot_gets_its_own_words(visitor: Visitor, canned: CannedBot) -> None:
    chat = visitor.open_chat(canned.url)
    say(chat, "fail")
    expect(bubbles(chat).filter(has_text="something went wrong")).to_have_count(1)


def test_a_reload_keeps_the_conversation_and_a_second_tab_has_its_own(visitor: Visitor, canned: CannedBot) -> None:
    chat = visitor.open_chat(canned.url)
    say(chat, "echo one")
    expect(bubbles(chat).filter(has_text="echo one")).to_have_count(2)
    visitor.page.reload()
    again = visitor.page.frame_locator("iframe")
    expect(bubbles(again).filter(has_text="echo one")).to_have_count(2)
    with visitor.page.expect_request("**/webhook") as sent:
        say(again, "echo two")
    first = json.loads(sent.value.post_data or "")["sender"]
    visitor.page = visitor.new_tab()
    other = visitor.open_chat(canned.url)
    with visitor.page.expect_request("**/webhook") as sent:
        say(other, "echo three")
    assert json.loads(sent.value.post_data or "")["sender"] != first
    expect(bubbles(other).filter(has_text="echo one")).to_have_count(0)


def test_a_message_that_a_reload_cut_off_can_be_sent_again(visitor: Visitor, canned: CannedBot) -> None:
    chat = visitor.open_chat(canned.url)
    with visitor.page.expect_request("**/webhook"):
        say(chat, "slow echo")
    visitor.page.reload()
    again = visitor.page.frame_locator("iframe")
    expect(again.locator("#fault")).to_contain_text("may not have been answered")
    again.get_by_role("button", name="Send it again").click()
    expect(bubbles(again).filter(has_text="slow echo")).to_have_count(2, timeout=20_000)


def test_clearing_erases_here_and_on_the_server(visitor: Visitor, canned: CannedBot) -> None:
    chat = visitor.open_chat(canned.url)
    say(chat, "i cannot walk, echo")
    expect(chat.locator("#help").get_by_role("heading")).to_be_visible()
    chat.get_by_role("button", name="Clear conversation").click()
    with visitor.page.expect_response("**/conversation/erase") as erased:
        chat.get_by_role("button", name="Delete it").click()
    assert erased.value.status == 200
    expect(chat.locator("#note")).to_contain_text("deleted")
    expect(chat.locator("#help")).to_be_empty()
    expect(bubbles(chat).filter(has_text="echo")).to_have_count(0)
    kept = visitor.page.frames[1].evaluate("() => JSON.stringify(sessionStorage)")
    assert "walk" not in kept


def test_storage_that_the_browser_forbids_costs_only_the_memory_over_reloads(visitor: Visitor, canned: CannedBot) -> None:
    visitor.context.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('The operation is insecure.', 'SecurityError'); } });"
    )
    chat = visitor.open_chat(canned.url)
    say(chat, "echo one")
    expect(bubbles(chat).filter(has_text="echo one")).to_have_count(2)


def test_the_keyboard_is_enough(visitor: Visitor, canned: CannedBot) -> None:
    page = visitor.page
    page.goto(f"{canned.url}/demo")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.shadowRoot !== null && document.activeElement.shadowRoot.activeElement !== null"):
            break
    page.keyboard.press("Enter")
    chat = page.frame_locator("iframe")
    expect(chat.locator("[data-id=webchat-sendbox-input]")).to_be_focused()
    page.keyboard.type("echo typed")
    page.keyboard.press("Enter")
    expect(bubbles(chat).filter(has_text="echo typed")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Ask about")).to_be_focused()


def test_on_a_small_screen_the_chat_fills_it_and_nothing_sticks_out(visitor: Visitor, canned: CannedBot) -> None:
    visitor.page.set_viewport_size({"width": 320, "height": 568})
    chat = visitor.open_chat(canned.url)
    say(chat, "i cannot walk")
    expect(chat.locator("#help").get_by_role("heading")).to_be_visible()
    say(chat, "a stretch")
    expect(chat.locator(".extras img").first).to_be_visible()
    frame = visitor.page.frames[1]
    assert frame.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    assert frame.evaluate("() => [window.innerWidth, window.innerHeight]") == [320, 568]
    assert chat.locator("[data-id=webchat-sendbox-input]").is_visible()
    assert visitor.page.evaluate("() => [...document.body.children].filter(e => e.shadowRoot === null && e.tagName !== 'SCRIPT').every(e => e.inert)")


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)> echo", "<script>alert(1)</script> echo", "[echo](javascript:alert(1))", "**echo**"])
def test_markup_is_shown_as_text(visitor: Visitor, canned: CannedBot, text: str) -> None:
    chat = visitor.open_chat(canned.url)
    visitor.page.on("dialog", lambda dialog: visitor.complaints.append(dialog.message))
    say(chat, text)
    expect(bubbles(chat).get_by_text(text)).to_have_count(2)


def test_the_page_of_the_clinic_cannot_read_what_is_said(visitor: Visitor, canned: CannedBot) -> None:
    """What the frame tells it holds no words. (A site of another origin has no other way to the frame.)"""
    visitor.page.goto(f"{canned.url}/demo")
    visitor.page.evaluate("() => { window.heard = []; addEventListener('message', event => heard.push(JSON.stringify(event.data))); }")
    visitor.page.get_by_role("button", name="Ask about").click()
    chat = visitor.page.frame_locator("iframe")
    say(chat, "echo secret")
    expect(bubbles(chat).filter(has_text="echo secret")).to_have_count(2)
    chat.get_by_role("button", name="Close the chat").click()
    expect(visitor.page.get_by_role("dialog")).to_be_hidden()
    assert visitor.page.evaluate("() => heard") == ['{"clinicChat":"close"}']
    assert all("secret" not in request.url for request in visitor.requests)


def test_a_site_that_the_clinic_has_not_named_cannot_show_the_chat(browser: Browser, canned: CannedBot) -> None:
    """ "localhost" is another origin than 127.0.0.1."""
    page = browser.new_page()
    page.goto(f"http://localhost:{canned.port}/webhooks/rest/health")
    with page.expect_event("requestfailed") as failed:
        page.evaluate("url => document.body.append(Object.assign(document.createElement('iframe'), { src: url }))", f"{canned.url}/chat")
    assert failed.value.failure == "net::ERR_BLOCKED_BY_RESPONSE"
    page.close()


def test_what_is_loaded_on_the_click_comes_compressed(visitor: Visitor, canned: CannedBot) -> None:
    sent = []
    visitor.page.on("response", lambda reply: sent.append(reply))
    visitor.open_chat(canned.url)
    assets = [reply for reply in sent if "/assets/" in reply.url]
    assert assets and all(reply.headers["content-encoding"] == "gzip" for reply in assets)
    assert sum(int(reply.headers["content-length"]) for reply in assets) < 600_000


@pytest.mark.parametrize("colour", ["#808080", "#1d5c7a", "#ffd54f", "#c62828"])
def test_the_button_can_be_read_in_the_clinics_colour(visitor: Visitor, canned: CannedBot, colour: str) -> None:
    page = visitor.page
    page.route(
        "**/demo",
        lambda route: route.fulfill(body=f'<script src="launcher.js" data-title="Ask" data-color="{colour}"></script>', content_type="text/html"),
    )
    page.goto(f"{canned.url}/demo")
    expect(page.get_by_role("button", name="Ask")).to_be_visible()
    assert [line for line in _barriers(Axe(), page, colour) if "color-contrast" in line] == []


def test_right_to_left_words_turn_the_page_round(visitor: Visitor, canned: CannedBot) -> None:
    visitor.page.goto(f"{canned.url}/chat?language=ar")
    visitor.page.locator("[data-id=webchat-sendbox-input]").wait_for()
    assert visitor.page.evaluate("() => document.documentElement.dir") == "rtl"
    title, button = visitor.page.locator("h1").bounding_box(), visitor.page.locator("#clear").bounding_box()
    assert title and button and title["x"] > button["x"]


STATES: "List[Any]" = [[], ["what is sciatica?"], ["i cannot walk"], ["a stretch"], ["where does it hurt"], ["despair"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier_in_any_state(browser: Browser, canned: CannedBot, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 420, "height": 680}, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    axe = Axe()
    found = []
    for state in STATES:
        page.goto(f"{canned.url}/chat")
        page.evaluate("() => sessionStorage.clear()")
        page.reload()
        page.locator("[data-id=webchat-sendbox-input]").wait_for()
        for text in state:
            say(page, text)  # type: ignore[arg-type]
            expect(page.locator(".webchat__bubble__content").nth(2)).to_be_visible()
        found += _barriers(axe, page, f"{scheme}: {state}")
    page.get_by_role("button", name="Clear conversation").click()
    found += _barriers(axe, page, f"{scheme}: asks whether to clear")
    page.route("**/webhooks/rest/webhook", lambda route: route.abort())
    say(page, "hello")  # type: ignore[arg-type]
    expect(page.locator("#fault")).not_to_be_empty()
    found += _barriers(axe, page, f"{scheme}: fault")
    page.goto(f"{canned.url}/demo")
    found += _barriers(axe, page, f"{scheme}: demo")
    context.close()
    assert found == []


def _barriers(axe: Axe, page: Page, state: str) -> List[str]:
    violations = axe.run(page, options=RULES).response["violations"]
    return [f"{state}: {violation['id']}: {node['html'][:200]}" for violation in violations for node in violation["nodes"]]
