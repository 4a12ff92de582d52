"""How studies are run, a module a method.

``prepare(cases, config, seed)`` returns the rows that are used, each with its split.
``run(cases, config, seed, backup_dir)`` trains and evaluates once, and returns one of a record's
``runs``; what an interrupted training needs to go on lies at the path ``backup_dir``.
"""
