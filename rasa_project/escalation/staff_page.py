"""The staff page: open escalations behind a password, in the Rasa server, at ``/webhooks/staff/``."""

import base64
import hashlib
import hmac
import logging
import os
import secrets
import time
from typing import Any, Awaitable, Callable, Dict, List, Optional

from jinja2 import Environment, PackageLoader, select_autoescape
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.escalation.store import UnknownReference, escalation_store
from rasa_project.escalation.wording import flag_words
from rasa_project.messaging.store import reached_as
from rasa_project.settings import clinic_settings

logger = logging.getLogger(__name__)

SHORTEST_PASSWORD = 12
TRIES, TRY_SECONDS = 10, 300.0  # wrong passwords from all addresses together before everybody waits
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class StaffPage(InputChannel):
    """Lists escalations and takes acknowledgements. Off unless the environment sets ``STAFF_PASSWORD``.

    The user name is free: it is noted as the person who acknowledged.
    """

    def __init__(self) -> None:
        self._pages = Environment(
            loader=PackageLoader("rasa_project.escalation"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
        )
        self._form_key = secrets.token_bytes(32)
        self._wrong: List[float] = []

    @classmethod
    def name(cls) -> str:
        return "staff"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[str, Any]]) -> "StaffPage":
        return cls()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        blueprint = Blueprint("staff_page", __name__)

        @blueprint.route("/", methods=["GET"])
        async def show(request: Request) -> HTTPResponse:
            refused, person = self._enter(request)
            if refused:
                return refused
            return self._page(person, everything=request.args.get("all") == "1")

        @blueprint.route("/acknowledge", methods=["POST"])
        async def acknowledge(request: Request) -> HTTPResponse:
            refused, person = self._enter(request)
            if refused:
                return refused
            reference = request.form.get("reference") or ""
            if not hmac.compare_digest(request.form.get("token") or "", self._token(reference)):
                return response.text("This form is out of date. Go back, reload the page and try again.", status=403, headers=HEADERS)
            try:
                escalation_store().acknowledge(reference, person, (request.form.get("note") or "")[:2000])
            except UnknownReference:
                return response.text("There is no such escalation.", status=404, headers=HEADERS)
            except SQLAlchemyError:
                logger.exception("Acknowledging %s failed.", reference)
                return response.text("The database did not answer. Nothing was changed; please try again.", status=503, headers=HEADERS)
            return response.redirect(str(request.app.url_for("staff_page.show")), headers={"Cache-Control": "no-store"}, status=303)

        return blueprint

    def _page(self, person: str, everything: bool) -> HTTPResponse:
        try:
            store = escalation_store()
            found, late = store.list(open_only=not everything), store.undelivered()
        except SQLAlchemyError:
            logger.exception("The staff page could not read the escalations.")
            return response.text("The database did not answer. Please try again.", status=503, headers=HEADERS)
        html = self._pages.get_template("staff_page.html").render(
            clinic=clinic_settings().clinic.name,
            escalations=found,
            late=late,
            words=flag_words(),
            reached_as=reached_as,
            token=self._token,
            person=person,
            everything=everything,
        )
        return response.html(html, headers=HEADERS)

    def _token(self, reference: str) -> str:
        """Proves that a form came from this page: other sites cannot post in a clinician's name."""
        return hmac.new(self._form_key, reference.encode(), hashlib.sha256).hexdigest()

    def _enter(self, request: Request) -> "tuple[Optional[HTTPResponse], str]":
        """A refusal, or the name of the person."""
        password = os.environ.get("STAFF_PASSWORD", "")
        if len(password) < SHORTEST_PASSWORD:
            text = f"The staff page is off. Set STAFF_PASSWORD ({SHORTEST_PASSWORD} characters or more) and start the bot again."
            return response.text(text, status=404, headers=HEADERS), ""
        now = time.monotonic()
        self._wrong = [at for at in self._wrong if now - at < TRY_SECONDS]
        if len(self._wrong) >= TRIES:
            wait = str(int(TRY_SECONDS - (now - self._wrong[0])) + 1)
            return response.text("Too many wrong passwords. Please wait.", status=429, headers={**HEADERS, "Retry-After": wait}), ""
        person, given = _credentials(request.headers.get("authorization", ""))
        if person and hmac.compare_digest(given.encode(), password.encode()):
            return None, person
        if given:
            self._wrong.append(now)
        asks = {**HEADERS, "WWW-Authenticate": 'Basic realm="Staff: your name and the staff password", charset="UTF-8"'}
        return response.text("Please sign in with your name and the staff password.", status=401, headers=asks), ""


def _credentials(header: str) -> "tuple[str, str]":
    """Name and password of HTTP basic authentication; empty where there are none."""
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except ValueError:
        return "", ""
    return name.strip()[:100], password
