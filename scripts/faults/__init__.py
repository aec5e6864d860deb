"""Break a box on purpose and count what was lost."""
