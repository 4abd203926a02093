// The conversation of this visit, kept in this browser tab's session storage, or only in memory where the browser forbids storage in frames.
import { erase, newConversationId } from "./rest.js";

const KEY = "conversation";
const MOST_KEPT = 200;

const memory = new Map();
const storage = (() => {
  try {
    window.sessionStorage.setItem("try", "1");
    window.sessionStorage.removeItem("try");
    return window.sessionStorage;
  } catch {
    return { getItem: (key) => memory.get(key) || null, setItem: (key, value) => memory.set(key, value), removeItem: (key) => memory.delete(key) };
  }
})();

export class Conversation {
  constructor() {
    let kept = {};
    try {
      kept = JSON.parse(storage.getItem(KEY)) || {};
    } catch {
      storage.removeItem(KEY);
    }
    this.sender = kept.sender || null;
    this.activities = Array.isArray(kept.activities) ? kept.activities : [];
    this.help = kept.help || null; // what the card on top shows
    this.unanswered = kept.unanswered || null; // a text on its way
  }

  async id(settings) {
    if (!this.sender) {
      this.sender = await newConversationId(settings.rest);
      this.keep();
    }
    return this.sender;
  }

  add(activity) {
    this.activities = [...this.activities, activity].slice(-MOST_KEPT);
    this.keep();
  }

  keep() {
    const { sender, activities, help, unanswered } = this;
    try {
      storage.setItem(KEY, JSON.stringify({ sender, activities, help, unanswered }));
    } catch {
      storage.removeItem(KEY); // full: the conversation goes on, and is not there after a reload
    }
  }

  forget() {
    Object.assign(this, { sender: null, activities: [], help: null, unanswered: null });
    storage.removeItem(KEY);
  }

  // Whether the clinic's computer has deleted it, too.
  async erase(settings) {
    if (!this.sender) return true;
    try {
      await erase(settings.rest, this.sender);
      return true;
    } catch {
      return false;
    }
  }
}
