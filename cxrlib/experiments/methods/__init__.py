"""How studies are run: a module a method, with ``prepare``, ``run`` and ``touches``."""
