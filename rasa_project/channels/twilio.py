"""WhatsApp and SMS through Twilio. Neither shows buttons here: options are numbered, and a number is understood in return.

Formats and limits: twilio.com/docs, "Twilio's request to your incoming message webhook URL", "Message resource" and "Webhooks security".
"""

import base64
import re
from typing import Any, Dict, List, Mapping, Optional
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from multidict import MultiDict
from twilio.request_validator import RequestValidator

from rasa_project.messaging.channel import MessagingChannel
from rasa_project.messaging.platform import Forged, Incoming, InvalidSettings, Outcome, Platform, Unreadable, drawing_url, retry_outcome
from rasa_project.messaging.replies import PlatformReply, cut, numbered
from rasa_project.messaging.store import Call, Update
from rasa_project.settings import bot_address, domain_text

LONGEST_TEXT = 1500  # characters; Twilio takes 1,600
MOST_FIELDS = 200
ADDRESS = re.compile(r"(whatsapp:)?\+?[0-9]{3,20}")
XML = "text/xml"
# Signs outside GSM's own alphabet would more than double the number of messages that a text is sent and paid as.
GSM = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "•": "-", "☎": "Tel.", "–": "-", "—": "-", "…": "...", "\u00a0": " "})


class Twilio(Platform):
    """A Twilio account with a number for SMS, a WhatsApp sender, or both: an answer comes from the number that was written to."""

    name = "twilio"
    settings = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
    api_setting = "TWILIO_API_URL"
    api = "https://api.twilio.com"
    form = True

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        if not bot_address():
            raise InvalidSettings("twilio: BOT_ADDRESS must be set too, to the address that Twilio calls, such as https://bot.clinic.example")
        self._validator = RequestValidator(values["TWILIO_AUTH_TOKEN"])

    def verify(self, incoming: Incoming) -> None:
        """By Twilio's own library, over the public address and all fields. There is no time in it: replays are told by the id of the message."""
        signature = incoming.headers.get("x-twilio-signature", "")
        if not signature.isascii() or not self._validator.validate(incoming.url, _fields(incoming), signature):
            raise Forged("the signature does not fit")

    def read(self, incoming: Incoming) -> List[Update]:
        fields = dict(_fields(incoming))
        if "MessageStatus" in fields or ("SmsStatus" in fields and "Body" not in fields):
            return []  # a receipt
        key, sender, receiver = (fields.get(name, "") for name in ("MessageSid", "From", "To"))
        if not key or not ADDRESS.fullmatch(sender) or not ADDRESS.fullmatch(receiver):
            raise Unreadable("MessageSid, From or To is missing or has another form")
        text = fields.get("ButtonPayload") or fields.get("Body", "")
        return [Update(key, sender, {"From": receiver, "To": sender}, text, _unread(fields))]

    def calls(self, reply: PlatformReply, address: Dict[str, Any]) -> List[Call]:
        on_whatsapp = str(address["To"]).startswith("whatsapp:")
        shown = numbered(reply)
        calls = []
        for drawing in reply.drawings if on_whatsapp else ():  # a picture is no SMS
            url = drawing_url(drawing)
            if url:
                calls.append(self._message({**address, "Body": drawing.alt, "MediaUrl": url}))
        heading = f"*{shown.heading}*" if on_whatsapp and shown.heading else shown.heading
        whole = "\n".join(part for part in (heading, shown.text, shown.source) if part)
        whole = whole if on_whatsapp else whole.translate(GSM)
        return [*calls, *(self._message({**address, "Body": part}) for part in cut(whole, LONGEST_TEXT))]

    def _message(self, body: Dict[str, Any]) -> Call:
        return Call(f"2010-04-01/Accounts/{self.values['TWILIO_ACCOUNT_SID']}/Messages.json", body)

    def shows_numbers(self, reply: PlatformReply) -> bool:
        return True

    def headers(self) -> Dict[str, str]:
        pair = f"{self.values['TWILIO_ACCOUNT_SID']}:{self.values['TWILIO_AUTH_TOKEN']}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    def outcome(self, status: int, headers: Mapping[str, str], body: Any) -> Outcome:
        if 200 <= status < 300:
            return Outcome()
        code = body.get("code", "no code") if isinstance(body, dict) else "no code"
        return retry_outcome(status, headers, f"Twilio's error {code}")

    def accepted(self) -> "tuple[str, str]":
        return "<Response/>", XML

    def unavailable(self) -> "Optional[tuple[str, str]]":
        """Twilio does not send a message again, but says what it is answered."""
        return f"<Response><Message>{escape(domain_text('utter_error'))}</Message></Response>", XML


def _fields(incoming: Incoming) -> "MultiDict[str]":
    try:
        return MultiDict(parse_qsl(incoming.body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise Unreadable("the body is no form") from None


def _unread(fields: Mapping[str, str]) -> Optional[str]:
    if fields.get("Latitude"):
        return "location"
    media = fields.get("MediaContentType0", "")
    if not media or fields.get("NumMedia") == "0":
        return None
    kind = "sticker" if media == "image/webp" else media.split("/")[0]  # WhatsApp's stickers are WebP
    return {"audio": "voice", "image": "picture", "video": "picture", "sticker": "sticker"}.get(kind, "file")


class TwilioChannel(MessagingChannel):
    platform_type = Twilio
