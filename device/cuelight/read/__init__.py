"""From expressions to meaning: visits, neutrals, movements, cues, readings and the alert budget.

Everything here is pure: it never asks the time, starts a thread, or opens a file. Time comes in
with every expression, so a recording replayed at any speed gives the same cues.
"""
