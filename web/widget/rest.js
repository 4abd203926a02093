// The REST channel, as far as the widget uses it.
const SECONDS = 1000;
const LONGEST_WAIT = 30 * SECONDS;

// Something went wrong that the patient must learn of. `name` is one of the widget's words; `text` what the bot itself says.
export class Fault extends Error {
  constructor(name, text = "") {
    super(name);
    this.name = name;
    this.text = text;
  }
}

async function post(url, body) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), LONGEST_WAIT);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      signal: patience.signal,
    });
    return { status: response.status, body: await response.json() };
  } catch {
    throw new Fault(navigator.onLine ? "unreachable" : "offline");
  } finally {
    clearTimeout(timer);
  }
}

export async function newConversationId(rest) {
  const { status, body } = await post(`${rest}/conversation`, {});
  if (status !== 200 || typeof body.sender !== "string") throw new Fault("unreachable");
  return body.sender;
}

// The bot's messages for a text; never an empty list.
export async function ask(rest, sender, message) {
  const { status, body } = await post(`${rest}/webhook`, { sender, message });
  const good = Array.isArray(body) && body.length > 0 && body.every((reply) => reply && typeof reply.text === "string");
  if (status !== 200) throw new Fault("unreachable", good ? body[0].text : "");
  if (!good) throw new Fault("unreachable");
  return body;
}

export async function erase(rest, sender) {
  const { status } = await post(`${rest}/conversation/erase`, { sender });
  if (status !== 200) throw new Fault("unreachable");
}
