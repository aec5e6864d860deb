"""The mirror of the practice page: how far parts of the rep's own face move, and nothing else."""
