"""The commands of ``cxr``, one module each: its options, and what it prints."""
