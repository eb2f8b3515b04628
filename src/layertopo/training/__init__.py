"""Networks, how they were trained, and what their layers give."""
