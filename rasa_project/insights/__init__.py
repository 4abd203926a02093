"""What the clinic can learn from questions that did not get an answer."""
