// Puts the chat together: Web Chat over the REST channel, the card with help on top, and what is said when something fails.
import { createAdapter } from "./adapter.js";
import { Conversation } from "./conversation.js";
import { attachmentMiddleware, attachmentForScreenReaderMiddleware } from "./extras.js";
import { palette } from "./palette.js";
import { Fault } from "./rest.js";

const settings = JSON.parse(document.getElementById("settings").textContent);
const { words } = settings;
const part = (id) => document.getElementById(id);
const framed = window.parent !== window;

let conversation = new Conversation();
let adapter;
let store;

function show(place, ...children) {
  part(place).replaceChildren(...children);
}

function paragraph(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

function contactList(contacts) {
  const list = document.createElement("ul");
  list.className = "contacts";
  for (const { label, href } of contacts) {
    const link = document.createElement("a");
    link.textContent = label;
    link.href = href;
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
  return list;
}

function showHelp(help) {
  if (!help) return show("help");
  const heading = document.createElement("h2");
  heading.textContent = words[`${help.level}_heading`];
  show("help", heading, contactList(help.contacts));
}

function showFault(fault) {
  if (!fault) return show("fault");
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = words.send_again;
  again.hidden = !conversation.unanswered;
  again.addEventListener("click", () => {
    showFault(null);
    adapter.sendAgain();
  });
  show("fault", paragraph(fault.text || words[fault.name] || words.unreachable), again, contactList(settings.contacts));
}

function render() {
  const style = palette(getComputedStyle(document.documentElement));
  window.WebChat.renderWebChat(
    {
      directLine: adapter,
      store,
      locale: settings.language,
      dir: document.documentElement.dir,
      nonce: settings.nonce,
      styleOptions: style,
      attachmentMiddleware: attachmentMiddleware(settings, (value) => adapter.feedback(value)),
      attachmentForScreenReaderMiddleware: attachmentForScreenReaderMiddleware,
      overrideLocalizedStrings: (strings) => ({ ...strings, TEXT_INPUT_PLACEHOLDER: words.placeholder }),
    },
    part("chat")
  );
}

function start() {
  store = window.WebChat.createStore();
  adapter = createAdapter({
    settings,
    conversation,
    onHelp: showHelp,
    onFault: showFault,
    onSaid: () => (part("privacy").open = false),
    onWaiting: (slow) => (slow ? show("note", paragraph(words.slow)) : show("note")),
  });
  part("privacy").open = conversation.activities.length === 0;
  showHelp(conversation.help);
  showFault(navigator.onLine ? null : new Fault("offline"));
  render(); // and says what was said before
}

async function clear() {
  part("ask-clear").hidden = true;
  part("clear").focus();
  const old = conversation;
  adapter.end();
  conversation = new Conversation();
  conversation.forget();
  part("chat").replaceWith(Object.assign(document.createElement("main"), { id: "chat" })); // a fresh place for a fresh chat
  start();
  const erased = await old.erase(settings);
  show("note", paragraph(erased ? words.cleared : words.not_cleared));
}

// A counter, and a limit, for the text that is being written
function watchLength() {
  const input = document.querySelector("#chat [data-id=webchat-sendbox-input]");
  if (input && input.maxLength !== settings.longest) input.maxLength = settings.longest;
}

document.addEventListener("input", (event) => {
  const left = settings.longest - (event.target.value || "").length;
  part("left").textContent = left <= 200 ? `${left} ${words.characters_left}` : "";
});
new MutationObserver(watchLength).observe(document.body, { childList: true, subtree: true });

part("clear").addEventListener("click", () => {
  part("ask-clear").hidden = false;
  part("clear-no").focus();
});
part("clear-no").addEventListener("click", () => {
  part("ask-clear").hidden = true;
  part("clear").focus();
});
part("clear-yes").addEventListener("click", clear);

// What is told to the clinic's page: only that the chat wants to be closed.
const close = () => window.parent.postMessage({ clinicChat: "close" }, "*");
part("close").hidden = !framed;
part("close").addEventListener("click", close);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !framed) return;
  if (part("ask-clear").hidden) close();
  else part("clear-no").click();
});
window.addEventListener("message", (event) => {
  if (event.source === window.parent && event.data && event.data.clinicChat === "focus") {
    const input = document.querySelector("#chat [data-id=webchat-sendbox-input]");
    (input || part("clear")).focus();
  }
});
window.addEventListener("offline", () => showFault(new Fault("offline")));
window.addEventListener("online", () => showFault(conversation.unanswered ? new Fault("unanswered") : null));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", render);

start();
