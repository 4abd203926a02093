"""Answers stored messages and sends stored replies, beside Rasa's own work and in every server process."""

import asyncio
import datetime
import hashlib
import logging
import random
import time
from contextlib import suppress
from functools import partial
from typing import Any, Awaitable, Callable, Dict, List, Optional, Set, TypeVar

import aiohttp
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Sanic
from sqlalchemy.exc import SQLAlchemyError

from rasa_project.channels.payloads import as_message_text
from rasa_project.channels.rate_limits import RateLimits
from rasa_project.channels.requests import MAX_TEXT_CHARACTERS, UNPRINTABLE
from rasa_project.escalation.store import utc_now
from rasa_project.messaging.platform import Outcome, Platform
from rasa_project.messaging.replies import PlatformReply, chosen, in_order, named_number, platform_reply
from rasa_project.messaging.store import KEPT_DAYS, Call, ClaimedCall, ClaimedUpdate, Update, messaging_store
from rasa_project.privacy import stores
from rasa_project.settings import clinic_settings, domain_text
from rasa_project.watching import metrics, request_ids

logger = logging.getLogger(__name__)

AT_ONCE = 8  # conversations that are answered, and as many that are sent to, by one process
TURN_CLAIM_SECONDS = 120.0  # longer than a turn can take: what a killed process was answering is answered by another after this
CALL_CLAIM_SECONDS = 60.0
CALL_SECONDS = 10.0
LOOK_SECONDS = 1.0  # how often a process looks for what others left, or what is due again
PURGE_SECONDS = 3600.0
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 2.0, 300.0
GIVE_UP_AFTER = datetime.timedelta(hours=24)  # platforms do not take a reply to an older message
COMMANDS = {"start": "hello", "help": "what can you do", "stop": "goodbye", "end": "goodbye"}

Answer = Callable[[UserMessage], Awaitable[Any]]
Result = TypeVar("Result")


async def in_thread(function: Callable[..., Result], *arguments: Any) -> Result:
    """Runs what waits for a database outside the event loop."""
    return await asyncio.get_event_loop().run_in_executor(None, partial(function, *arguments))


class CollectedReplies(OutputChannel):
    """Keeps the messages of a turn as Rasa gives them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.messages: List[Dict[str, Any]] = []

    def name(self) -> str:  # type: ignore[override]  # Rasa asks the instance too
        return self._name

    async def send_response(self, recipient_id: str, message: Dict[str, Any]) -> None:
        self.messages.append(dict(message))


class Workers:
    """Two loops for one platform: one runs the turns of the messages that wait, one makes the calls that wait.

    A message is answered once: where a process died between Rasa's storing the turn and the replies' being stored, the replies are read from the
    conversation instead. A call may be made twice, where a process dies between the platform's taking it and its being noted; no platform
    here has a key that would prevent that.
    """

    def __init__(self, platform: Platform, on_new_message: Answer) -> None:
        self._platform, self._answer = platform, on_new_message
        self._app: Optional[Sanic] = None
        self._tasks: Set[asyncio.Task[None]] = set()
        self._limits = RateLimits(clinic_settings().web)

    def start(self, app: Sanic) -> None:
        """Begins work in the running event loop."""
        metrics.start_at_zero(self._platform.name, is_platform=True)
        self._app = app
        self._woken = {"turns": asyncio.Event(), "calls": asyncio.Event()}
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS), trust_env=True)
        for loop in (self._loop("turns", self._one_turn), self._loop("calls", self._one_call), self._purge()):
            self._track(asyncio.ensure_future(loop))

    async def stop(self) -> None:
        """Ends; what is not finished is left to the next process that starts."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._session.close()

    def wake(self) -> None:
        """Says that a message has come."""
        self._woken["turns"].set()

    def _track(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _loop(self, name: str, one: Callable[[], Awaitable[Optional[Awaitable[None]]]]) -> None:
        """Takes what waits, up to ``AT_ONCE`` at a time."""
        free, woken = asyncio.Semaphore(AT_ONCE), self._woken[name]

        async def finish(work: Awaitable[None]) -> None:
            try:
                await work
            except Exception as error:  # the claim runs out, and it is tried again
                logger.error("Work on the channel '%s' failed: %s.", self._platform.name, type(error).__name__)
            finally:
                free.release()
                woken.set()  # the next one of this conversation may wait

        while True:
            await free.acquire()
            woken.clear()
            try:
                work = await one()
            except SQLAlchemyError as error:
                logger.error("The store of the channel '%s' does not answer: %s.", self._platform.name, type(error).__name__)
                work = None
            if work is not None:
                self._track(asyncio.ensure_future(finish(work)))
                continue
            free.release()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(woken.wait(), LOOK_SECONDS)

    async def _purge(self) -> None:
        while True:
            try:
                await in_thread(messaging_store().purge, utc_now() - datetime.timedelta(days=KEPT_DAYS))
            except SQLAlchemyError as error:
                logger.error("The store of the channel '%s' does not answer: %s.", self._platform.name, type(error).__name__)
            await asyncio.sleep(PURGE_SECONDS)

    # Turns

    async def _one_turn(self) -> Optional[Awaitable[None]]:
        claimed = await in_thread(messaging_store().claim_update, self._platform.name, utc_now(), TURN_CLAIM_SECONDS)
        return self._take_turn(claimed) if claimed else None

    async def _take_turn(self, claimed: ClaimedUpdate) -> None:
        update = claimed.update
        request_ids.begin(conversation=claimed.conversation_id)
        calls = [Call(**update.acknowledge)] if update.acknowledge else []
        if update.public:
            calls += self._platform.public_calls(update.public)
        for reply in in_order([reply for reply in map(platform_reply, await self._replies(claimed)) if reply]):
            calls += self._platform.calls(reply, update.address)
        await in_thread(messaging_store().answered, claimed.id, calls, utc_now())
        self._woken["calls"].set()

    async def _replies(self, claimed: ClaimedUpdate) -> List[Dict[str, Any]]:
        """The bot's messages of a turn; none only for someone who sends far too much, and has just been told so."""
        update, conversation_id = claimed.update, claimed.conversation_id
        message_id = hashlib.sha256(f"{self._platform.name}:{update.key}".encode()).hexdigest()[:32]
        if not self._limits.allows(conversation_id):
            metrics.RATE_LIMITED.labels(self._platform.name).inc()
            return [_said("utter_too_fast")] if self._limits.is_first_refusal(conversation_id) else []
        unread = [_said(f"utter_unread_{update.unread}")] if update.unread else []
        if not update.text.strip():
            return unread or [_said("utter_ask_in_other_words")]
        if len(update.text) > MAX_TEXT_CHARACTERS:
            return [_said("utter_too_long")]
        # Rasa reads the conversation, too: only where it is needed before that.
        tracker = await self._tracker(conversation_id) if claimed.attempts or named_number(update.text) else None
        before = _replies_to(message_id, tracker) if claimed.attempts and tracker else []
        if before:
            return unread + before
        output, text, started = CollectedReplies(self._platform.name), self._text(update, tracker), time.perf_counter()
        try:
            message = UserMessage(text, output, conversation_id, input_channel=self._platform.name, message_id=message_id)
            await self._answer(message)
            if any((said.get("metadata") or {}).get("erase") for said in output.messages):
                await in_thread(stores.erase, conversation_id)
        except Exception as error:
            # Neither the text nor a stack trace, which would hold it.
            logger.error("A turn of conversation %s failed: %s (%d characters).", conversation_id, type(error).__name__, len(text))
            output.messages = [said for said in output.messages if not (said.get("metadata") or {}).get("erase")]
        metrics.count_turn(self._platform.name, time.perf_counter() - started, output.messages)
        return unread + (output.messages or [_said("utter_error")])

    def _text(self, update: Update, tracker: Optional[DialogueStateTracker]) -> str:
        """What the bot is to understand: a number stands for the option that was shown with it."""
        text = UNPRINTABLE.sub(" ", update.text)
        shown = _last_reply(tracker) if tracker else None
        number = chosen(text, shown.options) if shown and self._platform.shows_numbers(shown) else None
        text = as_message_text(number or text)
        return COMMANDS.get(text.strip().lower(), text) if update.text.startswith("/") else text

    async def _tracker(self, conversation_id: str) -> Optional[DialogueStateTracker]:
        agent = getattr(self._app.ctx, "agent", None) if self._app else None
        try:
            return await agent.tracker_store.retrieve(conversation_id) if agent and agent.tracker_store else None
        except Exception as error:  # whatever a tracker store raises: the turn will say so to the patient
            logger.error("The tracker store does not answer: %s.", type(error).__name__)
            return None

    # Calls

    async def _one_call(self) -> Optional[Awaitable[None]]:
        claimed = await in_thread(messaging_store().claim_call, self._platform.name, utc_now(), CALL_CLAIM_SECONDS)
        return self._make_call(claimed) if claimed else None

    async def _make_call(self, claimed: ClaimedCall) -> None:
        request_ids.begin(conversation=claimed.conversation_id)
        outcome = await self._outcome(claimed.call)
        now = utc_now()
        if outcome.again and now - claimed.stored_at < GIVE_UP_AFTER:
            wait = retry_after(claimed.attempts) if outcome.wait is None else outcome.wait
            metrics.CALLS_RETRIED.labels(self._platform.name).inc()
            logger.warning("A reply on the channel '%s' has not gone out: %s. Next attempt in %.0f s.", self._platform.name, outcome.error, wait)
            await in_thread(messaging_store().put_off, claimed.id, outcome.error, now + datetime.timedelta(seconds=wait))
            return
        if outcome.error:
            metrics.CALLS_REFUSED.labels(self._platform.name).inc()
            logger.error("The channel '%s' refused a reply for good: %s.", self._platform.name, outcome.error)
        await in_thread(messaging_store().made, claimed.id, now, outcome.error or None)

    async def _outcome(self, call: Call) -> Outcome:
        platform = self._platform
        sent = {"data": call.body} if platform.form else {"json": call.body}
        try:
            async with self._session.post(platform.url(call), headers=platform.headers(), allow_redirects=False, **sent) as answer:
                try:
                    body = await answer.json(content_type=None)
                except ValueError:
                    body = None
                return platform.outcome(answer.status, answer.headers, body)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            return Outcome(error=f"no answer ({type(error).__name__})", again=True)


def retry_after(attempts: int) -> float:
    """Seconds to the next attempt after so many failed ones: doubling up to a limit, with jitter."""
    return float(min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(attempts, 10)) * random.uniform(0.8, 1.2))


def _said(response: str) -> Dict[str, Any]:
    return {"text": domain_text(response)}


def _message(event: BotUttered) -> Dict[str, Any]:
    """As the channel got it; Rasa stores the metadata that it was sent among what it adds."""
    return {"text": event.text, "buttons": (event.data or {}).get("buttons"), "metadata": (event.metadata or {}).get("metadata")}


def _replies_to(message_id: str, tracker: DialogueStateTracker) -> List[Dict[str, Any]]:
    """What the bot said to a message, if the conversation has it."""
    replies: List[Dict[str, Any]] = []
    within = False
    for event in tracker.events:
        if isinstance(event, UserUttered):
            within = event.message_id == message_id
        elif within and isinstance(event, BotUttered):
            replies.append(_message(event))
    return replies


def _last_reply(tracker: DialogueStateTracker) -> Optional[PlatformReply]:
    """What the last turn showed last, as the platform's options stand below that."""
    turn: List[Dict[str, Any]] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, BotUttered):
            turn.insert(0, _message(event))
    shown = in_order([reply for reply in map(platform_reply, turn) if reply])
    return shown[-1] if shown else None
