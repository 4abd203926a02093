"""Telegram: private chats with the bot, inline buttons, and groups, where it answers when addressed, in private.

Formats and limits: core.telegram.org/bots/api.
"""

import hmac
import html
from typing import Any, Dict, List, Mapping, Optional

from pydantic import BaseModel, Field, ValidationError

from rasa_project.channels.payloads import THUMB_DOWN, THUMB_UP
from rasa_project.messaging.channel import MessagingChannel
from rasa_project.messaging.platform import Forged, Incoming, Outcome, Platform, Unreadable, drawing_url, json_object
from rasa_project.messaging.replies import PlatformReply, cut, numbered
from rasa_project.messaging.store import Call, Update
from rasa_project.settings import domain_text

LONGEST_TEXT = 4000  # characters; Telegram takes 4,096
LONGEST_CAPTION = 1000
LONGEST_PAYLOAD = 64  # bytes of a button's data
REACTIONS = {"👍": THUMB_UP, "❤": THUMB_UP, "👎": THUMB_DOWN}
UNREAD = {"voice": "voice", "audio": "voice", "video_note": "picture", "photo": "picture", "video": "picture", "animation": "picture"}
UNREAD.update(
    {"sticker": "sticker", "location": "location", "venue": "location", "contact": "file", "document": "file", "poll": "file", "dice": "sticker"}
)


class _Person(BaseModel):
    id: int
    is_bot: bool = False
    username: str = ""


class _Chat(BaseModel):
    id: int
    type: str


class _Message(BaseModel):
    message_id: int
    sender: Optional[_Person] = Field(None, alias="from")
    chat: _Chat
    text: str = ""
    caption: str = ""
    reply_to_message: "Optional[_Message]" = None

    class Config:
        extra = "allow"  # whatever else it holds tells what it is


class _Query(BaseModel):
    id: str
    sender: _Person = Field(alias="from")
    message: Optional[_Message] = None
    data: str = ""


class _ReactionType(BaseModel):
    type: str
    emoji: str = ""


class _Reaction(BaseModel):
    chat: _Chat
    user: Optional[_Person] = None
    new_reaction: List[_ReactionType] = []


class _Update(BaseModel):
    update_id: int
    message: Optional[_Message] = None
    edited_message: Optional[_Message] = None
    callback_query: Optional[_Query] = None
    message_reaction: Optional[_Reaction] = None


_Message.update_forward_refs()


class Telegram(Platform):
    """A Telegram bot."""

    name = "telegram"
    settings = ("TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_NAME", "TELEGRAM_SECRET_TOKEN")
    api_setting = "TELEGRAM_API_URL"
    api = "https://api.telegram.org"

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self._name = values["TELEGRAM_BOT_NAME"].lstrip("@")

    def verify(self, incoming: Incoming) -> None:
        """The secret that was given to Telegram with the address; it has no time, so replays are told by the number of the update."""
        given = incoming.headers.get("x-telegram-bot-api-secret-token", "")
        if not hmac.compare_digest(given.encode(), self.values["TELEGRAM_SECRET_TOKEN"].encode()):
            raise Forged("the secret token does not fit")

    def read(self, incoming: Incoming) -> List[Update]:
        try:
            update = _Update.parse_obj(json_object(incoming.body))
        except ValidationError:
            raise Unreadable("not an update of Telegram") from None
        key, message = str(update.update_id), update.message or update.edited_message
        if update.callback_query:
            query = update.callback_query
            done = {"path": self._path("answerCallbackQuery"), "body": {"callback_query_id": query.id}}
            return [Update(key, str(query.sender.id), {"chat_id": query.sender.id}, query.data, acknowledge=done)]
        if update.message_reaction:
            return self._reacted(key, update.message_reaction)
        if message is None or message.sender is None or message.sender.is_bot or message.chat.type == "channel":
            return []
        text, public = message.text or message.caption, None
        if message.chat.type != "private":
            if not self._is_addressed(message, text):
                return []
            reply = {"message_id": message.message_id, "allow_sending_without_reply": True}
            public = {"chat_id": message.chat.id, "reply_parameters": reply}
        unread = next((kind for field, kind in UNREAD.items() if field in message.__fields_set__), None)
        return [Update(key, str(message.sender.id), {"chat_id": message.sender.id}, self._without_name(text), unread, public)]

    def _reacted(self, key: str, reaction: _Reaction) -> List[Update]:
        if reaction.user is None or not reaction.new_reaction or reaction.chat.type != "private":
            return []
        text = REACTIONS.get(reaction.new_reaction[-1].emoji.rstrip("\ufe0f"))
        return [Update(key, str(reaction.user.id), {"chat_id": reaction.chat.id}, text or "", None if text else "reaction")]

    def _is_addressed(self, message: _Message, text: str) -> bool:
        replied = message.reply_to_message and message.reply_to_message.sender
        return f"@{self._name}".lower() in text.lower() or bool(replied and replied.username.lower() == self._name.lower())

    def _without_name(self, text: str) -> str:
        at = text.lower().find(f"@{self._name}".lower())
        return text if at < 0 else (text[:at] + text[at + 1 + len(self._name) :]).strip()

    def calls(self, reply: PlatformReply, address: Dict[str, Any]) -> List[Call]:
        calls = []
        for drawing in reply.drawings:
            url = drawing_url(drawing)
            if url:
                calls.append(Call(self._path("sendPhoto"), {**address, "photo": url, "caption": drawing.alt[:LONGEST_CAPTION]}))
        buttons = [] if self.shows_numbers(reply) else [[{"text": option.title, "callback_data": option.payload}] for option in reply.options]
        shown = numbered(reply) if self.shows_numbers(reply) else reply
        parts = [html.escape(part, quote=False) for part in cut(shown.text, LONGEST_TEXT - len(shown.heading) - len(shown.source))]
        if shown.heading:
            parts[0] = f"<b>{html.escape(shown.heading, quote=False)}</b>\n{parts[0]}"
        if shown.source:
            parts[-1] += f"\n<i>{html.escape(shown.source, quote=False)}</i>"
        for number, part in enumerate(parts, start=1):
            body = {**address, "text": part, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}
            if buttons and number == len(parts):
                body["reply_markup"] = {"inline_keyboard": buttons}
            calls.append(Call(self._path("sendMessage"), body))
        return calls

    def public_calls(self, address: Dict[str, Any]) -> List[Call]:
        """With a link: a bot may not write to someone who has never written to it."""
        button = [[{"text": domain_text("utter_write_in_private"), "url": f"https://t.me/{self._name}"}]]
        body = {**address, "text": domain_text("utter_in_private"), "reply_markup": {"inline_keyboard": button}}
        return [Call(self._path("sendMessage"), body)]

    def shows_numbers(self, reply: PlatformReply) -> bool:
        """Where a payload is too long for a button."""
        return any(len(option.payload.encode()) > LONGEST_PAYLOAD for option in reply.options)

    def headers(self) -> Dict[str, str]:
        return {}

    def _path(self, method: str) -> str:
        return f"bot{{token}}/{method}"

    def url(self, call: Call) -> str:
        return super().url(call).replace("{token}", self.values["TELEGRAM_BOT_TOKEN"])

    def outcome(self, status: int, headers: Mapping[str, str], body: Any) -> Outcome:
        body = body if isinstance(body, dict) else {}
        if status == 200 and body.get("ok"):
            return Outcome()
        wait = (body.get("parameters") or {}).get("retry_after")
        return Outcome(
            error=f"status {status}: {body.get('description', 'no description')}",
            again=status == 429 or status >= 500 or status == 200,
            wait=float(wait) if isinstance(wait, (int, float)) else None,
        )


class TelegramChannel(MessagingChannel):
    platform_type = Telegram
