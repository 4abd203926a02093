"""Serves the chat widget: the launcher for a clinic's page, the page in its frame, what that page loads, and a demo of a clinic's site."""

import gzip
import hashlib
import logging
import re
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, List, Optional

from jinja2 import Environment, FileSystemLoader, select_autoescape
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels.requests import MAX_TEXT_CHARACTERS
from rasa_project.content.drawings import as_png
from rasa_project.content.store import load_store
from rasa_project.dialogue.replies import SOURCE, starting_points
from rasa_project.operations.web_packages import PackagesUnavailable, package_files
from rasa_project.settings import DRAWINGS_FOLDER, WEB_FOLDER, WebSettings, clinic_settings, domain_text
from rasa_project.validation import InvalidFile, read_yaml

logger = logging.getLogger(__name__)

DEFAULT_ACCENT = "1d5c7a"
RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")
LONGEST_TITLE = 80
EMPTY_STYLE = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="  # Web Chat adds a style element with nothing in it, and without a nonce
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".txt": "text/plain; charset=utf-8", ".svg": "image/svg+xml"}
FOREVER = "public, max-age=31536000, immutable"
A_WHILE = "public, max-age=300"
PLAIN_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


class Asset:
    """A file in memory, compressed once for all browsers."""

    def __init__(self, body: bytes, content_type: str) -> None:
        self.body = body
        self._compressed = gzip.compress(body, mtime=0)
        self._content_type = content_type

    def sent(self, request: Request) -> HTTPResponse:
        """May be kept for ever: the address changes with the content."""
        headers = {**PLAIN_HEADERS, "Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return response.raw(self.body, headers=headers, content_type=self._content_type)
        return response.raw(self._compressed, headers={**headers, "Content-Encoding": "gzip"}, content_type=self._content_type)


class WidgetChannel(InputChannel):
    """``/webhooks/widget/``: ``launcher.js``, ``chat`` (the page in the frame), ``assets/``, ``drawings/`` and ``demo``.

    The chat itself speaks to the REST channel.

    Args:
        web: the clinic's settings; those of clinic.yml by default.
    """

    def __init__(self, web: Optional[WebSettings] = None) -> None:
        self._web = web or clinic_settings().web
        self._starting_points = _starting_points()
        self._pages = Environment(loader=FileSystemLoader(str(WEB_FOLDER)), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True)

    @classmethod
    def name(cls) -> str:
        return "widget"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[str, Any]]) -> "WidgetChannel":
        return cls()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        blueprint = Blueprint("chat_widget", __name__)
        files, version = self._assets()

        @blueprint.route("/launcher.js", methods=["GET"])
        async def launcher(request: Request) -> HTTPResponse:
            return _file(WEB_FOLDER / "launcher.js", A_WHILE, {"Cross-Origin-Resource-Policy": "cross-origin"})

        @blueprint.route("/chat", methods=["GET"])
        async def chat(request: Request) -> HTTPResponse:
            if not files:
                return response.text(f"The chat is not set up. Please call {clinic_settings().clinic.phone}.", status=503, headers=PLAIN_HEADERS)
            return self._chat(request, f"assets/{version}")

        @blueprint.route("/assets/<served>/<name>", methods=["GET"])
        async def asset(request: Request, served: str, name: str) -> HTTPResponse:
            found = files.get(name)
            if found is None or served != version:
                return response.text("There is no such file.", status=404, headers=PLAIN_HEADERS)
            return found.sent(request)

        @blueprint.route("/drawings/<name>", methods=["GET"])
        async def drawing(request: Request, name: str) -> HTTPResponse:
            if name.endswith(".png"):  # of a drawing, for messaging platforms
                try:
                    return response.raw(as_png(name[: -len(".png")]), headers={**PLAIN_HEADERS, "Cache-Control": A_WHILE}, content_type="image/png")
                except KeyError:
                    return response.text("There is no such drawing.", status=404, headers=PLAIN_HEADERS)
            path = {file.name: file for file in DRAWINGS_FOLDER.glob("*.svg")}.get(name)
            if path is None:
                return response.text("There is no such drawing.", status=404, headers=PLAIN_HEADERS)
            return _file(path, A_WHILE, {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"})

        @blueprint.route("/demo", methods=["GET"])
        async def demo(request: Request) -> HTTPResponse:
            settings, nonce = clinic_settings(), secrets.token_urlsafe(18)
            html = self._pages.get_template("demo.html").render(clinic=settings.clinic, emergency=settings.emergency_line, nonce=nonce)
            policy = f"default-src 'none'; script-src 'self'; style-src 'nonce-{nonce}'; frame-src 'self'; img-src data:; base-uri 'none'"
            return response.html(html, headers={**PLAIN_HEADERS, "Cache-Control": "no-store", "Content-Security-Policy": policy})

        return blueprint

    def _assets(self) -> "tuple[Dict[str, Asset], str]":
        """The files that the chat page loads, by name, and a version that changes with any of them."""
        try:
            paths = [*(path for path in sorted((WEB_FOLDER / "widget").iterdir()) if path.suffix in TYPES), *package_files()]
        except (PackagesUnavailable, InvalidFile, OSError) as error:
            logger.error("The chat widget is off: %s", error)
            return {}, ""
        assets = {path.name: Asset(path.read_bytes(), _content_type(path)) for path in paths}
        return assets, hashlib.sha256(b"".join(asset.body for asset in assets.values())).hexdigest()[:16]

    def _chat(self, request: Request, assets: str) -> HTTPResponse:
        """The page, with a fresh nonce. Query arguments: ``title``, ``color`` (six hexadecimal digits), ``language``."""
        settings, nonce = clinic_settings(), secrets.token_urlsafe(18)
        language = request.args.get("language", "en")
        language = language if re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", language) else "en"
        words = self._words(language[:2])
        accent = request.args.get("color", "").lower()
        accent = accent if re.fullmatch(r"[0-9a-f]{6}", accent) else DEFAULT_ACCENT
        title = request.args.get("title", "").strip()[:LONGEST_TITLE] or words["title"]
        page_settings = {
            "rest": "../rest",
            "drawings": "drawings",
            "language": language,
            "nonce": nonce,
            "words": words,
            "contacts": settings.contacts("clinic", "emergency"),
            "longest": MAX_TEXT_CHARACTERS,
            "source": SOURCE,
            "greeting": {"text": domain_text("utter_greet"), "buttons": self._starting_points},
        }
        html = self._pages.get_template("widget/page.html").render(
            title=title,
            language=language,
            direction="rtl" if language[:2] in RIGHT_TO_LEFT else "ltr",
            words=words,
            nonce=nonce,
            assets=assets,
            accent=f"#{accent}",
            on_accent=_readable_on(accent),
            settings=page_settings,
        )
        policy = {
            "default-src": "'none'",
            "script-src": f"'nonce-{nonce}' 'self'",
            "style-src": f"'nonce-{nonce}' 'self' '{EMPTY_STYLE}'",
            "img-src": "'self' data: blob:",
            "connect-src": "'self'",
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": " ".join(["'self'", *self._web.sites]),
        }
        headers = {
            **PLAIN_HEADERS,
            "Cache-Control": "no-store",
            "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
            "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        }
        return response.html(html, headers=headers)

    @staticmethod
    @lru_cache(maxsize=16)
    def _words(language: str) -> Dict[str, str]:
        """What the widget says by itself: in the language asked for, as far as there is a file for it, else in English."""
        words = read_yaml(WEB_FOLDER / "words" / "en.yml")
        translated = WEB_FOLDER / "words" / f"{language}.yml"
        if translated.is_file():
            words = {**words, **read_yaml(translated)}
        return {name: str(text).format(**clinic_settings().placeholders()) for name, text in words.items()}


def _starting_points() -> List[Dict[str, str]]:
    """What a first visit offers; nothing where the content cannot be read: the chat itself goes on."""
    try:
        return starting_points(load_store(strict=False))
    except InvalidFile as error:
        logger.error("The chat opens without suggestions: %s", error)
        return []


def _file(path: Path, caching: str, headers: Optional[Dict[str, str]] = None) -> HTTPResponse:
    headers = {**PLAIN_HEADERS, "Cache-Control": caching, **(headers or {})}
    return response.raw(path.read_bytes(), headers=headers, content_type=_content_type(path))


def _content_type(path: Path) -> str:
    return TYPES.get(path.suffix, TYPES[".txt"])


def _readable_on(colour: str) -> str:
    """Black or white, whichever contrasts more (relative luminance of WCAG 2.2)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "#ffffff"
