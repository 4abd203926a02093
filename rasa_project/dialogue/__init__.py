"""From what was understood to what is said; knows no Rasa."""
