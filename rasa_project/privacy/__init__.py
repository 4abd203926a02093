"""What is stored of patients: shown, erased on demand, and deleted after its time, in every store."""
