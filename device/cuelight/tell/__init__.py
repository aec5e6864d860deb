"""Meaning to the rep and the broker: lamp, motor, buttons, sums, spool and feed."""
