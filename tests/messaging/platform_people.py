"""People who write on the platforms: the requests that each platform sends for what they do, signed as the platform signs."""

import hashlib
import hmac
import json
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import count
from typing import Any, Dict, Optional, Tuple
from urllib.parse import urlencode

import platform_apis as apis
from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator

_numbers = count(1)
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Sent:
    """A request of a platform."""

    body: bytes
    headers: Dict[str, str]


class Person(ABC):
    """Someone on a platform. Each method returns the request that the platform sends; the same ``key`` makes it the same message again."""

    platform: str
    kinds: Tuple[str, ...]  # of what is not text
    has_groups = False

    def __init__(self, number: int) -> None:
        self.number = number

    @property
    @abstractmethod
    def address(self) -> str:
        """Where the API sends replies to."""

    @abstractmethod
    def writes(self, text: str, key: Optional[int] = None) -> Sent: ...

    @abstractmethod
    def presses(self, payload: str) -> Sent: ...

    @abstractmethod
    def sends(self, kind: str) -> Sent: ...

    def edits(self, text: str) -> Optional[Sent]:
        """``None`` where the platform does not report it."""
        return None

    def reacts(self, thumb: str) -> Optional[Sent]:
        """With ``up``, ``down`` or ``other``; ``None`` where the platform does not report it."""
        return None

    def writes_in_group(self, text: str, addressed: bool) -> Optional[Sent]:
        return None


class OnSlack(Person):
    platform, kinds, has_groups = "slack", ("voice", "picture", "file"), True

    @property
    def address(self) -> str:
        return f"U{self.number}"

    def _signed(self, body: bytes, content_type: str) -> Sent:
        timestamp = str(int(time.time()))
        signature = SignatureVerifier(apis.SLACK_SECRET).generate_signature(timestamp=timestamp, body=body)
        return Sent(body, {"Content-Type": content_type, "X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": str(signature)})

    def _event(self, key: Optional[int] = None, **event: Any) -> Sent:
        key = next(_numbers) if key is None else key
        envelope = {"type": "event_callback", "team_id": "T1", "event_id": f"Ev{key}", "event": {"ts": f"{key}.0", **event}}
        return self._signed(json.dumps(envelope).encode(), JSON)

    def _direct(self, key: Optional[int] = None, **event: Any) -> Sent:
        return self._event(key, **{"type": "message", "channel": f"D{self.number}", "channel_type": "im", "user": self.address, **event})

    def writes(self, text: str, key: Optional[int] = None) -> Sent:
        return self._direct(key, text=text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))

    def presses(self, payload: str) -> Sent:
        action = {"type": "button", "action_id": "option_1", "action_ts": f"{next(_numbers)}.0", "value": payload}
        interaction = {"type": "block_actions", "user": {"id": self.address}, "team": {"id": "T1"}, "actions": [action]}
        return self._signed(urlencode({"payload": json.dumps(interaction)}).encode(), FORM)

    def sends(self, kind: str) -> Sent:
        mimetype = {"voice": "audio/mp4", "picture": "image/png", "file": "application/pdf"}[kind]
        return self._direct(subtype="file_share", text="", files=[{"mimetype": mimetype}])

    def edits(self, text: str) -> Sent:
        event = {"subtype": "message_changed", "message": {"user": self.address, "text": text}, "user": None, "text": ""}
        return self._direct(**event)

    def reacts(self, thumb: str) -> Sent:
        reaction = {"up": "+1::skin-tone-3", "down": "-1", "other": "tada"}[thumb]
        return self._event(type="reaction_added", user=self.address, reaction=reaction, item={"channel": f"D{self.number}"})

    def writes_in_group(self, text: str, addressed: bool) -> Sent:
        if addressed:
            return self._event(type="app_mention", user=self.address, channel="C9", text=f"<@UBOT> {text}")
        return self._event(type="message", user=self.address, channel="C9", channel_type="channel", text=text)


class OnTelegram(Person):
    platform, kinds, has_groups = "telegram", ("voice", "picture", "sticker", "location", "file"), True

    @property
    def address(self) -> str:
        return str(self.number)

    def _update(self, key: Optional[int] = None, **update: Any) -> Sent:
        body = {"update_id": next(_numbers) if key is None else key, **update}
        headers = {"Content-Type": JSON, "X-Telegram-Bot-Api-Secret-Token": apis.TELEGRAM_SECRET}
        return Sent(json.dumps(body).encode(), headers)

    def _message(self, **message: Any) -> Dict[str, Any]:
        sender = {"id": self.number, "is_bot": False, "first_name": "A"}
        return {"message_id": next(_numbers), "from": sender, "chat": {"id": self.number, "type": "private"}, "date": 1, **message}

    def writes(self, text: str, key: Optional[int] = None) -> Sent:
        return self._update(key, message=self._message(text=text))

    def presses(self, payload: str) -> Sent:
        query = {"id": str(next(_numbers)), "from": {"id": self.number, "is_bot": False}, "data": payload, "message": self._message(text="...")}
        return self._update(callback_query=query)

    def sends(self, kind: str) -> Sent:
        content = {
            "voice": {"voice": {"file_id": "v"}},
            "picture": {"photo": [{"file_id": "p"}]},
            "sticker": {"sticker": {"file_id": "s"}},
            "location": {"location": {"latitude": 1.0, "longitude": 2.0}},
            "file": {"document": {"file_id": "d"}},
        }[kind]
        return self._update(message=self._message(**content))

    def edits(self, text: str) -> Sent:
        return self._update(edited_message=self._message(text=text))

    def reacts(self, thumb: str) -> Sent:
        emoji = {"up": "👍", "down": "👎", "other": "🎉"}[thumb]
        chat, user = {"id": self.number, "type": "private"}, {"id": self.number}
        return self._update(message_reaction={"chat": chat, "user": user, "message_id": 1, "new_reaction": [{"type": "emoji", "emoji": emoji}]})

    def writes_in_group(self, text: str, addressed: bool) -> Sent:
        text = f"@{apis.TELEGRAM_NAME} {text}" if addressed else text
        return self._update(message=self._message(text=text, chat={"id": -99, "type": "supergroup"}))


class ThroughTwilio(Person):
    platform = "twilio"
    url = "https://bot.clinic.example/webhooks/twilio/webhook"
    prefix: str

    @property
    def address(self) -> str:
        return f"{self.prefix}+4477009{self.number:05}"

    def _message(self, key: Optional[int] = None, **fields: str) -> Sent:
        key = next(_numbers) if key is None else key
        form = {"MessageSid": f"SM{key}", "From": self.address, "To": f"{self.prefix}+442079460000", "Body": "", "NumMedia": "0", **fields}
        signature = RequestValidator(apis.TWILIO_TOKEN).compute_signature(self.url, form)
        return Sent(urlencode(form).encode(), {"Content-Type": FORM, "X-Twilio-Signature": signature})

    def writes(self, text: str, key: Optional[int] = None) -> Sent:
        return self._message(key, Body=text)

    def presses(self, payload: str) -> Sent:
        return self._message(Body=payload)  # the number of the option

    def sends(self, kind: str) -> Sent:
        if kind == "location":
            return self._message(Latitude="1.0", Longitude="2.0")
        media = {"voice": "audio/ogg", "picture": "image/jpeg", "sticker": "image/webp", "file": "application/pdf"}[kind]
        return self._message(NumMedia="1", MediaContentType0=media, MediaUrl0="https://api.twilio.com/media")


class OnWhatsApp(ThroughTwilio):
    kinds, prefix = ("voice", "picture", "sticker", "location", "file"), "whatsapp:"


class OnSms(ThroughTwilio):
    kinds, prefix = ("picture",), ""


class OnMessenger(Person):
    platform, kinds = "messenger", ("voice", "picture", "sticker", "location", "file")

    @property
    def address(self) -> str:
        return str(self.number)

    def _event(self, **event: Any) -> Sent:
        entry = {"id": "page", "messaging": [{"sender": {"id": self.address}, "recipient": {"id": "page"}, "timestamp": next(_numbers), **event}]}
        body = json.dumps({"object": "page", "entry": [entry]}).encode()
        signature = hmac.new(apis.MESSENGER_SECRET.encode(), body, hashlib.sha256).hexdigest()
        return Sent(body, {"Content-Type": JSON, "X-Hub-Signature-256": f"sha256={signature}"})

    def _message(self, key: Optional[int] = None, **message: Any) -> Sent:
        return self._event(message={"mid": f"m_{next(_numbers) if key is None else key}", **message})

    def writes(self, text: str, key: Optional[int] = None) -> Sent:
        return self._message(key, text=text)

    def presses(self, payload: str) -> Sent:
        return self._message(text="1", quick_reply={"payload": payload})

    def sends(self, kind: str) -> Sent:
        content: Dict[str, Any] = {"type": {"voice": "audio", "picture": "image", "sticker": "image"}.get(kind, kind), "payload": {}}
        if kind == "sticker":
            content["payload"]["sticker_id"] = 369239263222822
        return self._message(attachments=[content])

    def edits(self, text: str) -> Sent:
        return self._event(message_edit={"mid": "m_1", "text": text, "num_edit": next(_numbers)})

    def reacts(self, thumb: str) -> Sent:
        emoji = {"up": "👍", "down": "👎", "other": "😮"}[thumb]
        return self._event(reaction={"mid": "m_1", "action": "react", "emoji": emoji})


EVERYONE = (OnSlack, OnTelegram, OnWhatsApp, OnSms, OnMessenger)
