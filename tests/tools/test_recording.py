import json

import fingerprints
import recording

TABLE = """
from IPython.display import display
claim = {"chapter": "01-one", "statement": "Two is more than one", "value": 2, "source": None,
         "holds": True, "enforced": True}
display({"text/plain": "a table", "application/vnd.cxr.claims+json": [claim]}, raw=True)
"""


def test_claims_of_all_chapters_are_written_with_what_they_say(course, here):
    course.chapter("01-one", TABLE)
    course.chapter("02-two", "print('no claims')")
    assert course.make("execute").returncode == 0
    before = fingerprints.common_parts(course.root, {})
    written = recording.record_claims(course.root, course.root / "_build" / "executed")
    assert written == course.root / "results" / "claims.json"
    (claim,) = json.loads(written.read_text())
    assert claim == {
        "chapter": "01-one",
        "statement": "Two is more than one",
        "value": 2,
        "source": None,
        "holds": True,
    }
    assert fingerprints.common_parts(course.root, {}) == before
