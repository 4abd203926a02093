// Turns the bot's messages into Web Chat's activities.
export const EXTRAS = "application/vnd.clinic.extras";

// `last`: quick replies belong to the last message of a turn.
export function activityOf(reply, settings, last) {
  const custom = reply.custom || {};
  const lines = reply.text.split("\n");
  const source = custom.sources && lines[lines.length - 1].startsWith(settings.source) ? lines.pop() : "";
  const extras = {
    drawings: custom.drawings || [],
    contacts: ["escalation", "handoff"].includes(custom.kind) ? custom.contacts || [] : [],
    source,
    sources: custom.sources || [],
    helpful: custom.kind === "answer",
  };
  const some = extras.drawings.length || extras.contacts.length || extras.source || extras.helpful;
  const actions = (last && reply.buttons) || [];
  return {
    type: "message",
    id: crypto.randomUUID(),
    from: { id: "bot", role: "bot" },
    timestamp: new Date().toISOString(),
    text: lines.join("\n"),
    textFormat: "plain",
    attachments: some ? [{ contentType: EXTRAS, content: extras }] : [],
    suggestedActions: {
      actions: actions.map(({ title, payload }) => ({ type: "messageBack", title, displayText: title, text: title, value: { payload } })),
    },
  };
}

// What the card on top shows after a reply; null where it goes, undefined where it stays as it is.
export function helpOf(custom = {}) {
  if (custom.kind === "escalation") return { level: custom.level, contacts: custom.contacts || [] };
  if (custom.crisis) return { level: "crisis", contacts: custom.contacts || [] };
  return custom.taken_back ? null : undefined;
}
