"""Speed beside that of others: ``python -m benchmarks``."""
