"""Read brief facial and head cues at a showroom table and give the rep one quiet hint."""

__version__ = "0.1.0"
