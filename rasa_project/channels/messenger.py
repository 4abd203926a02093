"""Facebook Messenger: private messages to the clinic's page, with quick replies.

Formats and limits: developers.facebook.com/docs/messenger-platform, "Webhooks", "Send API" and "Quick replies"; graph-api, "Handling errors".
"""

import hmac
from typing import Any, Dict, List, Mapping, Optional

from pydantic import BaseModel, ValidationError

from rasa_project.channels.payloads import THUMB_DOWN, THUMB_UP
from rasa_project.messaging.channel import MessagingChannel
from rasa_project.messaging.platform import (
    Forged,
    Incoming,
    Outcome,
    Platform,
    Unreadable,
    drawing_url,
    json_object,
    require_hmac,
    retry_outcome,
)
from rasa_project.messaging.replies import PlatformReply, cut, numbered
from rasa_project.messaging.store import Call, Update

VERSION = "v23.0"  # of the Graph API
LONGEST_TEXT = 1900  # characters; Messenger takes 2,000
LONGEST_TITLE = 20
TEMPORARY_CODES = (1, 2, 4, 17, 32, 341, 613, 1200)  # unknown or temporary faults, and limits of use
REACTIONS = {"👍": THUMB_UP, "❤": THUMB_UP, "👎": THUMB_DOWN}
UNREAD = {"audio": "voice", "image": "picture", "video": "picture", "reel": "picture", "ig_reel": "picture", "location": "location"}


class _Id(BaseModel):
    id: str


class _QuickReply(BaseModel):
    payload: str = ""


class _Attachment(BaseModel):
    type: str
    payload: Dict[str, Any] = {}


class _Message(BaseModel):
    mid: str
    text: str = ""
    is_echo: bool = False
    quick_reply: Optional[_QuickReply] = None
    attachments: List[_Attachment] = []


class _Edit(BaseModel):
    mid: str
    text: str = ""
    num_edit: int = 1


class _Postback(BaseModel):
    mid: str = ""
    payload: str = ""
    title: str = ""


class _Reaction(BaseModel):
    mid: str = ""
    action: str = ""
    emoji: str = ""


class _Event(BaseModel):
    sender: Optional[_Id] = None
    timestamp: int = 0
    message: Optional[_Message] = None
    message_edit: Optional[_Edit] = None
    postback: Optional[_Postback] = None
    reaction: Optional[_Reaction] = None


class _Entry(BaseModel):
    messaging: List[_Event] = []


class _Envelope(BaseModel):
    object: str
    entry: List[_Entry]


class Messenger(Platform):
    """The clinic's page on Facebook."""

    name = "messenger"
    settings = ("MESSENGER_PAGE_TOKEN", "MESSENGER_APP_SECRET", "MESSENGER_VERIFY_TOKEN")
    api_setting = "MESSENGER_API_URL"
    api = "https://graph.facebook.com"

    def verify(self, incoming: Incoming) -> None:
        """There is no time in the signature: replays are told by the id of the message."""
        require_hmac(self.values["MESSENGER_APP_SECRET"], incoming.body, incoming.headers.get("x-hub-signature-256", ""), "sha256=")

    def challenge(self, incoming: Incoming, arguments: Mapping[str, str]) -> Optional[str]:
        if arguments.get("hub.mode") != "subscribe":
            return None
        if not hmac.compare_digest(arguments.get("hub.verify_token", "").encode(), self.values["MESSENGER_VERIFY_TOKEN"].encode()):
            raise Forged("the verify token does not fit")
        return arguments.get("hub.challenge", "")

    def read(self, incoming: Incoming) -> List[Update]:
        try:
            envelope = _Envelope.parse_obj(json_object(incoming.body))
        except ValidationError:
            raise Unreadable("not an event of Messenger") from None
        if envelope.object != "page":
            return []
        updates = [_update(event) for entry in envelope.entry for event in entry.messaging]
        return [update for update in updates if update]

    def calls(self, reply: PlatformReply, address: Dict[str, Any]) -> List[Call]:
        messages: List[Dict[str, Any]] = []
        for drawing in reply.drawings:
            url = drawing_url(drawing)
            if url:
                messages.append({"attachment": {"type": "image", "payload": {"url": url}}})
        shown = numbered(reply) if self.shows_numbers(reply) else reply
        messages += [{"text": part} for part in cut(shown.plain, LONGEST_TEXT)]
        if reply.options:
            titles = [str(number) if self.shows_numbers(reply) else option.title for number, option in enumerate(reply.options, start=1)]
            messages[-1]["quick_replies"] = [
                {"content_type": "text", "title": title, "payload": option.payload} for title, option in zip(titles, reply.options)
            ]
        body = {"recipient": address, "messaging_type": "RESPONSE"}
        return [Call(f"{VERSION}/me/messages", {**body, "message": message}) for message in messages]

    def shows_numbers(self, reply: PlatformReply) -> bool:
        """Where a title is too long for a quick reply."""
        return any(len(option.title) > LONGEST_TITLE for option in reply.options)

    def headers(self) -> Dict[str, str]:
        return {"Authorization": f"Bearer {self.values['MESSENGER_PAGE_TOKEN']}"}

    def outcome(self, status: int, headers: Mapping[str, str], body: Any) -> Outcome:
        if status == 200:
            return Outcome()
        error = body.get("error") if isinstance(body, dict) else None
        if not isinstance(error, dict):
            return retry_outcome(status, headers, "no error object")
        outcome = retry_outcome(status, headers, f"code {error.get('code')}, {error.get('error_subcode')}")
        temporary = outcome.again or bool(error.get("is_transient")) or error.get("code") in TEMPORARY_CODES
        return Outcome(outcome.error, temporary, outcome.wait)

    def accepted(self) -> "tuple[str, str]":
        return "EVENT_RECEIVED", "text/plain"


def _update(event: _Event) -> Optional[Update]:
    """What someone sent; ``None`` for receipts, and for what the page itself has sent."""
    if event.sender is None:
        return None
    person, address = event.sender.id, {"id": event.sender.id}
    if event.message and not event.message.is_echo:
        message = event.message
        text = message.quick_reply.payload if message.quick_reply and message.quick_reply.payload else message.text
        return Update(message.mid, person, address, text, _unread(message.attachments))
    if event.message_edit:
        return Update(f"{event.message_edit.mid}:{event.message_edit.num_edit}", person, address, event.message_edit.text)
    if event.postback:
        key = event.postback.mid or f"{person}:{event.timestamp}"
        return Update(key, person, address, event.postback.payload or event.postback.title)
    if event.reaction and event.reaction.action == "react":
        thumb = REACTIONS.get(event.reaction.emoji.rstrip("\ufe0f"))
        return Update(f"{event.reaction.mid}:{event.timestamp}", person, address, thumb or "", None if thumb else "reaction")
    return None


def _unread(attachments: List[_Attachment]) -> Optional[str]:
    if not attachments:
        return None
    first = attachments[0]
    return "sticker" if "sticker_id" in first.payload else UNREAD.get(first.type, "file")


class MessengerChannel(MessagingChannel):
    platform_type = Messenger
