"""What the messaging platforms have in common: taking messages, running turns, and sending replies, none of which may be lost."""
