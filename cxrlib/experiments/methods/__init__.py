"""How studies are run, a module a method.

``prepare(cases, config, seed)`` returns the rows that are used, each with its split; of the test
set it uses rows, no images.
``run(cases, test, config, seed, backup_dir)`` trains and evaluates once, and returns one of a
record's ``runs``. It gets the test images through ``test`` alone, a
:class:`~cxrlib.experiments.ledger.TestSet`, which asks what for. What an interrupted training needs
to go on lies at the path ``backup_dir``.
``finish(cases, record, backup_dir, folder)``, which few have, writes what belongs beside the record
before that is written; such a method also has ``measure_again(cases, record, folder)``, which asks
what it wrote once more. :mod:`cxrlib.experiments.settings` has every setting.
"""
