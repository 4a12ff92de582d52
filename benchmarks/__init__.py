"""This package's speed beside that of others: ``python -m benchmarks``."""
