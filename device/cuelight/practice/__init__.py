"""Train the eye: brief expressions and cues on rendered faces, scored on the rep's own machine."""
