"""Slack: direct messages with the bot, buttons, and mentions in channels, which are answered in private.

Formats and limits: api.slack.com, "Verifying requests from Slack", "Events API", "Interactive messages" and "Block Kit reference".
"""

import html
import json
import re
from typing import Any, Dict, List, Mapping, Optional
from urllib.parse import parse_qs

from pydantic import BaseModel, ValidationError
from slack_sdk.signature import SignatureVerifier

from rasa_project.channels.payloads import THUMB_DOWN, THUMB_UP
from rasa_project.messaging.channel import MessagingChannel
from rasa_project.messaging.platform import Forged, Incoming, Outcome, Platform, Unreadable, drawing_url, json_object, retry_outcome
from rasa_project.messaging.replies import PlatformReply, cut
from rasa_project.messaging.store import Call, Update

LONGEST_SECTION = 2900  # characters; Slack takes 3,000, and escapes make the text longer
LONGEST_TITLE = 75
TEMPORARY = ("ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org")
MENTION = re.compile(r"^\s*<@[A-Z0-9]+(\|[^>]*)?>\s*")
REACTIONS = {"+1": THUMB_UP, "thumbsup": THUMB_UP, "-1": THUMB_DOWN, "thumbsdown": THUMB_DOWN}
NOT_NEW = ("message_deleted", "message_replied", "channel_join", "channel_leave", "channel_topic", "bot_message", "assistant_app_thread")


class _File(BaseModel):
    mimetype: str = ""


class _Message(BaseModel):
    user: Optional[str] = None
    bot_id: Optional[str] = None
    text: str = ""
    files: List[_File] = []


class _Event(_Message):
    type: str
    subtype: Optional[str] = None
    channel: Optional[str] = None
    channel_type: Optional[str] = None
    ts: str = ""
    thread_ts: Optional[str] = None
    message: Optional[_Message] = None
    reaction: Optional[str] = None
    item: Dict[str, Any] = {}


class _Envelope(BaseModel):
    type: str
    challenge: Optional[str] = None
    team_id: str = ""
    event_id: str = ""
    event: Optional[_Event] = None


class _Id(BaseModel):
    id: str
    team_id: str = ""


class _Action(BaseModel):
    type: str
    action_id: str = ""
    action_ts: str = ""
    value: Optional[str] = None


class _Interaction(BaseModel):
    type: str
    user: _Id
    team: Optional[_Id] = None
    actions: List[_Action] = []


class Slack(Platform):
    """A Slack app with a bot user."""

    name = "slack"
    settings = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET")
    api_setting = "SLACK_API_URL"
    api = "https://slack.com/api"

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self._verifier = SignatureVerifier(values["SLACK_SIGNING_SECRET"])

    def verify(self, incoming: Incoming) -> None:
        """Signature and time (five minutes), by Slack's own library."""
        timestamp, signature = (incoming.headers.get(name, "") for name in ("x-slack-request-timestamp", "x-slack-signature"))
        try:
            fits = self._verifier.is_valid(incoming.body, timestamp, signature)
        except (ValueError, TypeError):  # no number, no UTF-8
            fits = False
        if not fits:
            raise Forged("the signature does not fit, or is older than five minutes")

    def challenge(self, incoming: Incoming, arguments: Mapping[str, str]) -> Optional[str]:
        if arguments or not incoming.body.lstrip().startswith(b"{"):
            return None
        envelope = json_object(incoming.body)
        return str(envelope.get("challenge") or "") if envelope.get("type") == "url_verification" else None

    def read(self, incoming: Incoming) -> List[Update]:
        try:
            if incoming.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
                fields = parse_qs(incoming.body.decode("utf-8"), max_num_fields=20)
                return self._pressed(_Interaction.parse_obj(json.loads(fields["payload"][0])))
            return self._happened(_Envelope.parse_obj(json_object(incoming.body)))
        except (ValidationError, ValueError, KeyError, RecursionError) as error:
            raise Unreadable(f"not an event or interaction of Slack ({type(error).__name__})") from None

    def _pressed(self, interaction: _Interaction) -> List[Update]:
        if interaction.type != "block_actions":
            return []
        user = interaction.user
        person = f"{interaction.team.id if interaction.team else user.team_id}/{user.id}"
        return [
            Update(f"{action.action_ts}:{user.id}:{action.action_id}", person, {"channel": user.id}, action.value)
            for action in interaction.actions
            if action.type == "button" and action.value
        ]

    def _happened(self, envelope: _Envelope) -> List[Update]:
        event = envelope.event
        if event is None or not envelope.event_id:
            return []
        said = event.message if event.subtype == "message_changed" and event.message else event
        user = said.user or event.user
        if not user or said.bot_id or event.subtype in NOT_NEW:
            return []
        person, private = f"{envelope.team_id}/{user}", {"channel": user}  # Slack delivers to a person's id as a direct message
        if event.type == "reaction_added":
            text = REACTIONS.get((event.reaction or "").split("::")[0])
            in_private = str(event.item.get("channel", "")).startswith("D")
            return [Update(envelope.event_id, person, private, text or "", None if text else "reaction")] if in_private else []
        public = None
        if event.type == "app_mention":
            public = {"channel": event.channel or "", "thread_ts": event.thread_ts or event.ts}
        elif event.type != "message" or event.channel_type != "im":
            return []
        text = html.unescape(MENTION.sub("", said.text))
        return [Update(envelope.event_id, person, private, text, _unread(said.files), public)]

    def calls(self, reply: PlatformReply, address: Dict[str, Any]) -> List[Call]:
        blocks: List[Dict[str, Any]] = []
        if reply.heading:
            blocks.append({"type": "header", "text": {"type": "plain_text", "text": reply.heading}})
        for drawing in reply.drawings:
            url = drawing_url(drawing)
            if url:
                blocks.append({"type": "image", "image_url": url, "alt_text": drawing.alt})
        blocks += [{"type": "section", "text": {"type": "plain_text", "text": part, "emoji": False}} for part in cut(reply.text, LONGEST_SECTION)]
        if reply.source:
            blocks.append({"type": "context", "elements": [{"type": "plain_text", "text": reply.source, "emoji": False}]})
        if reply.options:
            buttons = [
                {
                    "type": "button",
                    "action_id": f"option_{number}",
                    "text": {"type": "plain_text", "text": _short(option.title), "emoji": False},
                    "value": option.payload,
                }
                for number, option in enumerate(reply.options, start=1)
            ]
            blocks.append({"type": "actions", "elements": buttons})
        # The text is what notifications and screen readers use.
        return [Call("chat.postMessage", {**address, "text": html.escape(reply.plain, quote=False), "blocks": blocks})]

    def headers(self) -> Dict[str, str]:
        return {"Authorization": f"Bearer {self.values['SLACK_BOT_TOKEN']}"}

    def outcome(self, status: int, headers: Mapping[str, str], body: Any) -> Outcome:
        if status != 200:
            return retry_outcome(status, headers, "Slack did not take it")
        if not isinstance(body, dict):
            return Outcome("Slack's answer is no JSON", again=True)
        error = "" if body.get("ok") else str(body.get("error", "unknown error"))
        return Outcome(error, again=error in TEMPORARY)


def _unread(files: List[_File]) -> Optional[str]:
    if not files:
        return None
    kind = files[0].mimetype.split("/")[0]
    return {"audio": "voice", "image": "picture", "video": "picture"}.get(kind, "file")


def _short(title: str) -> str:
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + "…"


class SlackChannel(MessagingChannel):
    platform_type = Slack
