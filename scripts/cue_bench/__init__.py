"""The cue benchmark: the real loop over clips whose truth is known, and what each cue is worth."""
