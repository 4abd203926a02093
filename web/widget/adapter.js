// What Web Chat takes for a connection ("Chat Adapter"): activities in and out, over the REST channel.
import { activityOf, helpOf } from "./replies.js";
import { ask, Fault } from "./rest.js";

const CONNECTED = 2;
const SLOW_AFTER = 6000; // milliseconds, as below
const TYPING_LASTS = 4000;

// The few methods of an Observable that Web Chat calls.
function observable(subscribe) {
  return {
    subscribe(observer, error, complete) {
      const full = typeof observer === "function" ? { next: observer, error, complete } : observer;
      const stop = subscribe({
        next: (value) => full.next && full.next(value),
        error: (value) => full.error && full.error(value),
        complete: () => full.complete && full.complete(),
      });
      return { unsubscribe: stop || (() => {}) };
    },
    [Symbol.observable || "@@observable"]() {
      return this;
    },
  };
}

export function createAdapter({ settings, conversation, onHelp, onFault, onSaid, onWaiting }) {
  const observers = new Set();
  let ended = false;
  let turn = Promise.resolve(); // one message after another

  const emit = (activity) => observers.forEach((observer) => observer.next(activity));

  function say(activity) {
    conversation.add(activity);
    emit(activity);
    onSaid();
  }

  function sayReplies(replies) {
    const last = replies.length - 1;
    replies.forEach((reply, position) => say(activityOf(reply, settings, position === last)));
    for (const { custom, text } of replies) {
      const help = helpOf(custom, text);
      if (help !== undefined) {
        conversation.help = help;
        conversation.keep();
        onHelp(help);
      }
    }
  }

  async function answered(text) {
    const slow = setTimeout(() => onWaiting(true), SLOW_AFTER);
    const type = () => emit({ type: "typing", from: { id: "bot", role: "bot" }, id: crypto.randomUUID(), timestamp: new Date().toISOString() });
    type();
    const typing = setInterval(type, TYPING_LASTS);
    try {
      return await ask(settings.rest, await conversation.id(settings), text);
    } finally {
      clearTimeout(slow);
      clearInterval(typing);
      onWaiting(false);
    }
  }

  // Never fails: what goes wrong is said above the chat, where the message can be sent again.
  async function send(text) {
    conversation.unanswered = text;
    conversation.keep();
    try {
      const replies = await answered(text);
      if (ended) return;
      conversation.unanswered = null;
      onFault(null);
      sayReplies(replies);
    } catch (error) {
      if (!ended) onFault(error instanceof Fault ? error : new Fault("unreachable"));
    }
  }

  // At first a greeting; after a reload what was said before, and whether a message was lost on the way.
  function restore(observer) {
    if (conversation.activities.length === 0) observer.next(activityOf(settings.greeting, settings, true));
    conversation.activities.forEach((activity) => observer.next(activity));
    if (conversation.unanswered) onFault(new Fault("unanswered"));
  }

  return {
    activity$: observable((observer) => {
      observers.add(observer);
      restore(observer);
      return () => observers.delete(observer);
    }),
    connectionStatus$: observable((observer) => {
      [0, 1, CONNECTED].forEach((status) => observer.next(status));
    }),
    postActivity(activity) {
      return observable((observer) => {
        if (activity.type !== "message") return observer.complete();
        const id = crypto.randomUUID();
        say({ ...activity, id, timestamp: new Date().toISOString(), from: { ...activity.from, role: "user" } });
        observer.next(id);
        observer.complete();
        const text = (activity.value && activity.value.payload) || activity.text;
        turn = turn.then(() => send(text));
      });
    },
    // The message that got no answer, once more.
    sendAgain() {
      const text = conversation.unanswered;
      if (text) turn = turn.then(() => send(text));
    },
    // Thumbs up or down for the latest answer; nothing is said about it in the chat.
    async feedback(value) {
      await ask(settings.rest, await conversation.id(settings), `/feedback${JSON.stringify({ value })}`);
    },
    end() {
      ended = true;
      observers.clear();
    },
  };
}
