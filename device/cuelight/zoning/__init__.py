"""The installer's helper: see outlines of the faces, draw the customer zone, keep it."""
