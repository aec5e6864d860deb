"""The managers' page: what it says, how it is drawn, and who may see it."""
