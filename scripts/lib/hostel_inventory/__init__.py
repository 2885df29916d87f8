"""Dormitories from JSON files: reading, drawing, and loading them into a running stack."""
