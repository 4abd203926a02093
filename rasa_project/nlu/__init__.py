"""Rasa graph components of the NLU pipeline, in the order of ``config.yml``; the work itself is done in modules that know no Rasa."""
