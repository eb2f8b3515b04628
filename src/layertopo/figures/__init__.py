"""Figures; each is in the catalogue once."""
