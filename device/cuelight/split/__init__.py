"""Sensing and telling as two processes: sensing can neither reach a network nor write a file."""
