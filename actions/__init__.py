"""Custom actions. Each is thin: what to say is decided in ``rasa_project``, and what it says stands in the content store or the domain."""
