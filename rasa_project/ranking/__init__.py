"""Which topic a message is about: signals of several kinds fused into one calibrated ranking."""
