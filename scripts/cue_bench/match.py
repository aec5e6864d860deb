"""The rule of matching, which the device's own selftest uses too."""

from cuelight.match import Interval, match, overlap

__all__ = ["Interval", "match", "overlap"]
