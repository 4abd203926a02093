// What stands below the text of a reply: drawings, phone numbers, where it comes from, and whether it helped.
import { EXTRAS } from "./replies.js";

const { createElement: h, useState } = window.React;

function Drawings({ drawings, settings }) {
  const steps = drawings.some(({ step }) => step);
  return h(
    "div",
    { className: steps ? undefined : "places" },
    drawings.map(({ file, alt, step }) =>
      h(
        "figure",
        { key: file },
        h("img", { src: `${settings.drawings}/${file}`, alt, loading: "lazy", width: steps ? 320 : 240, height: steps ? 200 : 300 }),
        step && h("figcaption", null, `${settings.words.step} ${step}`)
      )
    )
  );
}

function Contacts({ contacts }) {
  return h(
    "ul",
    { className: "contacts" },
    contacts.map(({ label, href }) => h("li", { key: href }, h("a", { href }, label)))
  );
}

function Source({ source, sources, words }) {
  return h(
    "details",
    null,
    h("summary", null, words.source),
    h("p", null, source),
    h("p", null, `${words.paragraphs}: ${[...new Set(sources.flatMap(({ paragraphs }) => paragraphs))].join(", ")}`)
  );
}

function Helpful({ words, onFeedback }) {
  const [given, give] = useState(null);
  const choice = (value, label) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": given === value,
        onClick: () => {
          give(value);
          onFeedback(value).catch(() => give(null));
        },
      },
      label
    );
  return h(
    "div",
    { className: "helpful", role: "group", "aria-label": words.helpful },
    h("span", null, given ? words.thanks : words.helpful),
    choice("up", words.helpful_yes),
    choice("down", words.helpful_no)
  );
}

function Extras({ content, settings, onFeedback }) {
  const { drawings, contacts, source, sources, helpful } = content;
  return h(
    "div",
    { className: "extras" },
    drawings.length > 0 && h(Drawings, { drawings, settings }),
    contacts.length > 0 && h(Contacts, { contacts }),
    source && h(Source, { source, sources, words: settings.words }),
    helpful && h(Helpful, { words: settings.words, onFeedback })
  );
}

export const attachmentMiddleware = (settings, onFeedback) => () => (next) => (card) =>
  card.attachment.contentType === EXTRAS ? h(Extras, { content: card.attachment.content, settings, onFeedback }) : next(card);

// Read out with the text: what the drawings show, and whom to call.
export const attachmentForScreenReaderMiddleware = () => (next) => (card) => {
  if (card.attachment.contentType !== EXTRAS) return next(card);
  const { drawings, contacts } = card.attachment.content;
  return () => h("p", null, [...drawings.map(({ alt }) => alt), ...contacts.map(({ label }) => label)].join(" "));
};
