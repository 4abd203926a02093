"""The content store: what the bot can answer, and the paragraphs each answer rests on."""
