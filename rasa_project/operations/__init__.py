"""Training when needed, and running the servers."""
