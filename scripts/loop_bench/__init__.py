"""Compare cuelight's loop with its peers and with its limit, and write docs/BENCHMARKS.md."""
