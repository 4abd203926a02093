"""Red flags that the clinic must learn of: kept first, then told to the patient."""
