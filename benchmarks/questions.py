"""What simulated patients ask: what a condition is, then two things about "it"."""

TOPICS = {
    "sciatica": "sciatica",
    "bursitis": "bursitis",
    "a slipped disc": "herniated_disc",
    "a muscle strain": "muscle_strain",
    "arthritis": "arthritis",
}
FOLLOW_UPS = ("what causes it?", "what does it feel like?")
