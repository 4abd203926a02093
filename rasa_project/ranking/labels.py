"""Labels of the topic ranking."""
NONE = "none"  # about nothing that the store knows
