"""The platforms' APIs on loopback, written from their public documentation: they record what they take, and refuse what the platform refuses."""

import base64
import json
import re
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Deque, Dict, List, Optional, Tuple
from urllib.parse import parse_qs

SLACK_TOKEN, SLACK_SECRET = "xoxb-1", "slack-signing-secret"
TELEGRAM_TOKEN, TELEGRAM_NAME, TELEGRAM_SECRET = "1:token", "ClinicBot", "telegram-secret-token"
TWILIO_SID, TWILIO_TOKEN = "AC1", "twilio-auth-token"
MESSENGER_TOKEN, MESSENGER_SECRET, MESSENGER_VERIFY = "page-token", "messenger-app-secret", "messenger-verify-token"
Answer = Tuple[int, Any, Dict[str, str]]


class Refused(Exception):
    """What the platform says to a call that it does not take."""


@dataclass(frozen=True)
class Shown:
    """What a person on the platform sees of one call."""

    to: str
    text: str
    options: List[Tuple[str, str]] = field(default_factory=list)  # label, and what pressing it sends
    pictures: List[str] = field(default_factory=list)
    raw: Dict[str, Any] = field(default_factory=dict)


class PlatformApis:
    """All four on one port.

    Attributes:
        shown: what each platform took, by its name.
        refused: why calls were refused for good.
        faults: answers to give to the next calls instead, the first one first.
    """

    def __init__(self) -> None:
        self.shown: Dict[str, List[Shown]] = {name: [] for name in CHECKS}
        self.refused: List[str] = []
        self.faults: Deque[Answer] = deque()
        apis = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                platform, _, path = self.path.lstrip("/").partition("/")
                status, answer, headers = apis._answer(platform, path, {k.lower(): v for k, v in self.headers.items()}, body)
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _answer(self, platform: str, path: str, headers: Dict[str, str], body: bytes) -> Answer:
        if self.faults:
            return self.faults.popleft()
        check, refuse, accept = CHECKS[platform]
        try:
            shown = check(path, headers, body)
        except Refused as reason:
            self.refused.append(f"{platform}: {reason}")
            return refuse(str(reason))
        if shown:
            self.shown[platform].append(shown)
        return accept

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def environment(self) -> Dict[str, str]:
        """What switches on every platform and leads it here."""
        return {
            "SLACK_BOT_TOKEN": SLACK_TOKEN,
            "SLACK_SIGNING_SECRET": SLACK_SECRET,
            "SLACK_API_URL": f"{self.url}/slack",
            "TELEGRAM_BOT_TOKEN": TELEGRAM_TOKEN,
            "TELEGRAM_BOT_NAME": TELEGRAM_NAME,
            "TELEGRAM_SECRET_TOKEN": TELEGRAM_SECRET,
            "TELEGRAM_API_URL": f"{self.url}/telegram",
            "TWILIO_ACCOUNT_SID": TWILIO_SID,
            "TWILIO_AUTH_TOKEN": TWILIO_TOKEN,
            "TWILIO_API_URL": f"{self.url}/twilio",
            "MESSENGER_PAGE_TOKEN": MESSENGER_TOKEN,
            "MESSENGER_APP_SECRET": MESSENGER_SECRET,
            "MESSENGER_VERIFY_TOKEN": MESSENGER_VERIFY,
            "MESSENGER_API_URL": f"{self.url}/messenger",
            "BOT_ADDRESS": "https://bot.clinic.example",
        }


def _need(condition: object, reason: str) -> None:
    if not condition:
        raise Refused(reason)


def _only(found: Dict[str, Any], *allowed: str) -> None:
    _need(set(found) <= set(allowed), f"unknown fields {sorted(set(found) - set(allowed))}")


def _https(url: Any) -> str:
    _need(isinstance(url, str) and re.fullmatch(r"https://[^\s]{1,2900}", url), f"not an address to fetch from: {url}")
    return str(url)


def _json(headers: Dict[str, str], body: bytes) -> Dict[str, Any]:
    _need(headers.get("content-type", "").startswith("application/json"), "not sent as JSON")
    found = json.loads(body)
    _need(isinstance(found, dict), "no object")
    return dict(found)


def _slack_text(found: Any, longest: int, kinds: Tuple[str, ...] = ("plain_text", "mrkdwn")) -> str:
    _need(isinstance(found, dict) and found.get("type") in kinds, "a text object of this type is not taken here")
    _only(found, "type", "text", "emoji", "verbatim")
    _need(found["type"] == "plain_text" or "emoji" not in found, "emoji goes with plain_text only")
    _need(0 < len(found["text"]) <= longest, f"a text of {len(found['text'])} characters; 1 to {longest} are taken")
    return str(found["text"])


def _slack(path: str, headers: Dict[str, str], body: bytes) -> Optional[Shown]:
    _need(headers.get("authorization") == f"Bearer {SLACK_TOKEN}", "invalid_auth")
    _need(path == "chat.postMessage", "unknown_method")
    found = _json(headers, body)
    _only(found, "channel", "text", "blocks", "thread_ts")
    _need(re.fullmatch(r"[UDC][A-Z0-9]+", found.get("channel", "")), "channel_not_found")
    _need(0 < len(found.get("text", "")) <= 40_000, "no_text")
    texts, options, pictures = [], [], []
    _need(len(found["blocks"]) <= 50, "invalid_blocks: more than 50")
    for block in found["blocks"]:
        kind = block["type"]
        if kind == "header":
            _only(block, "type", "text")
            texts.append(_slack_text(block["text"], 150, ("plain_text",)))
        elif kind == "section":
            _only(block, "type", "text")
            texts.append(_slack_text(block["text"], 3000))
        elif kind == "context":
            _only(block, "type", "elements")
            _need(1 <= len(block["elements"]) <= 10, "invalid_blocks: elements of a context")
            texts += [_slack_text(element, 3000) for element in block["elements"]]
        elif kind == "image":
            _only(block, "type", "image_url", "alt_text")
            _need(0 < len(block["alt_text"]) <= 2000, "invalid_blocks: alt_text")
            pictures.append(_https(block["image_url"]))
        elif kind == "actions":
            _only(block, "type", "elements")
            _need(1 <= len(block["elements"]) <= 25, "invalid_blocks: elements of actions")
            for button in block["elements"]:
                _only(button, "type", "action_id", "text", "value")
                _need(button["type"] == "button" and len(button["value"]) <= 2000, "invalid_blocks: button")
                options.append((_slack_text(button["text"], 75, ("plain_text",)), button["value"]))
            _need(len({button["action_id"] for button in block["elements"]}) == len(block["elements"]), "invalid_blocks: action_id twice")
        else:
            raise Refused(f"invalid_blocks: {kind}")
    return Shown(found["channel"], "\n".join(texts), options, pictures, found)


def _telegram(path: str, headers: Dict[str, str], body: bytes) -> Optional[Shown]:
    token, _, method = path.partition("/")
    _need(token == f"bot{TELEGRAM_TOKEN}", "Unauthorized")
    found = _json(headers, body)
    if method == "answerCallbackQuery":
        _only(found, "callback_query_id")
        return None
    _need(isinstance(found.get("chat_id"), int), "chat_id must be a number here")
    if "reply_parameters" in found:
        _only(found["reply_parameters"], "message_id", "allow_sending_without_reply")
    if method == "sendPhoto":
        _only(found, "chat_id", "photo", "caption")
        _need(len(found.get("caption", "")) <= 1024, "message caption is too long")
        return Shown(str(found["chat_id"]), found.get("caption", ""), pictures=[_https(found["photo"])], raw=found)
    _need(method == "sendMessage", "method not found")
    _only(found, "chat_id", "text", "parse_mode", "link_preview_options", "reply_markup", "reply_parameters")
    text = found["text"]
    if found.get("parse_mode") == "HTML":
        _need(not re.search(r"<(?!/?[bi]>)|&(?!(lt|gt|amp|quot);)", text), "can't parse entities")
        _need(all(text.count(f"<{tag}>") == text.count(f"</{tag}>") for tag in "bi"), "can't parse entities: not closed")
        text = re.sub(r"</?[bi]>", "", text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    _need(len(text.strip()) > 0 and len(text) <= 4096, "message text is empty or too long")
    options = []
    for row in found.get("reply_markup", {}).get("inline_keyboard", []):
        for button in row:
            _only(button, "text", "callback_data", "url")
            _need(button["text"], "a button without text")
            if "url" not in button:
                _need(1 <= len(button["callback_data"].encode()) <= 64, "BUTTON_DATA_INVALID")
            options.append((button["text"], button.get("callback_data", button.get("url"))))
    return Shown(str(found["chat_id"]), text, options, raw=found)


def _twilio(path: str, headers: Dict[str, str], body: bytes) -> Optional[Shown]:
    pair = base64.b64encode(f"{TWILIO_SID}:{TWILIO_TOKEN}".encode()).decode()
    _need(headers.get("authorization") == f"Basic {pair}", "20003")
    _need(path == f"2010-04-01/Accounts/{TWILIO_SID}/Messages.json", "20404")
    _need(headers.get("content-type", "").startswith("application/x-www-form-urlencoded"), "not sent as a form")
    found = {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()}
    _only(found, "From", "To", "Body", "MediaUrl")
    _need(found["From"].startswith("whatsapp:") == found["To"].startswith("whatsapp:"), "63007: not of one channel")
    _need(0 < len(found.get("Body", "")) <= 1600, "21617: the body is empty or longer than 1,600 characters")
    pictures = [_https(found["MediaUrl"])] if "MediaUrl" in found else []
    text = found["Body"]
    lines = text.split("\n")
    numbered = {match[1]: match[2] for match in (re.fullmatch(r"([1-9])\. (.+)", line) for line in lines) if match}
    asked = next((at for at, line in enumerate(lines) if "number" in line), len(lines))
    options = [(label, number) for number, label in numbered.items() if any(line == f"{number}. {label}" for line in lines[asked:])]
    return Shown(found["To"], text, options, pictures, found)


def _messenger(path: str, headers: Dict[str, str], body: bytes) -> Optional[Shown]:
    _need(headers.get("authorization") == f"Bearer {MESSENGER_TOKEN}", "190")
    _need(re.fullmatch(r"v[0-9]+\.0/me/messages", path), "100: unknown path")
    found = _json(headers, body)
    _only(found, "recipient", "messaging_type", "message")
    _only(found["recipient"], "id")
    _need(found["messaging_type"] == "RESPONSE", "100: messaging_type")
    message = found["message"]
    _only(message, "text", "attachment", "quick_replies")
    _need(("text" in message) != ("attachment" in message), "100: either text or attachment")
    _need("text" not in message or 0 < len(message["text"]) <= 2000, "100: text must be 1 to 2,000 characters")
    quick = message.get("quick_replies", [])
    _need(len(quick) <= 13, "100: more than 13 quick replies")
    for reply in quick:
        _only(reply, "content_type", "title", "payload")
        _need(reply["content_type"] == "text" and 0 < len(reply["title"]) <= 20 and 0 < len(reply["payload"]) <= 1000, "100: quick reply")
    pictures = []
    if "attachment" in message:
        _only(message["attachment"], "type", "payload")
        _only(message["attachment"]["payload"], "url")
        pictures = [_https(message["attachment"]["payload"]["url"])]
    return Shown(found["recipient"]["id"], message.get("text", ""), [(reply["title"], reply["payload"]) for reply in quick], pictures, found)


Check = Callable[[str, Dict[str, str], bytes], Optional[Shown]]
CHECKS: Dict[str, Tuple[Check, Callable[[str], Answer], Answer]] = {
    "slack": (_slack, lambda reason: (200, {"ok": False, "error": reason}, {}), (200, {"ok": True}, {})),
    "telegram": (_telegram, lambda reason: (400, {"ok": False, "description": reason}, {}), (200, {"ok": True, "result": {}}, {})),
    "twilio": (_twilio, lambda reason: (400, {"code": reason, "message": reason}, {}), (201, {"sid": "SM1"}, {})),
    "messenger": (_messenger, lambda reason: (400, {"error": {"code": 100, "message": reason}}, {}), (200, {"message_id": "m"}, {})),
}
