"""What diagrams say: summaries, significance, distances, and statistics over runs."""
