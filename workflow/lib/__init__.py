"""What only the rules need."""
