from .exercise_rules import ExerciseRules


def pytest_generate_tests(metafunc):
    """Run the rules of a chapter's exercises for each of its checks and odd answers."""
    if metafunc.cls is None or not issubclass(metafunc.cls, ExerciseRules):
        return
    if "check" in metafunc.fixturenames:
        metafunc.parametrize("check", metafunc.cls.right)
    if "odd" in metafunc.fixturenames:
        metafunc.parametrize("odd", metafunc.cls.odd)
