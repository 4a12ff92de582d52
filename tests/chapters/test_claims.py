"""What a chapter claims is what the sweep has held, word for word and bound for bound."""

import ast

import nbformat

from cxrlib.experiments import sweep
from cxrlib.experiments.sweep import Bound

BOUNDS = ("above", "below", "between", "equals", "within")


def calls(path):
    """Return the calls of ``claim`` in a chapter's source, as syntax."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code" or "claim(" not in cell.source:
            continue
        for node in ast.walk(ast.parse(cell.source)):
            name = isinstance(node, ast.Call) and getattr(
                node.func, "attr", getattr(node.func, "id", "")
            )
            if name == "claim":
                yield node


def written(node):
    """Return statement, kind and bound of a call; all of them have to be literals."""
    given = {k.arg: ast.literal_eval(k.value) for k in node.keywords if k.arg in (*BOUNDS, "kind")}
    kind = given.pop("kind", "finding")
    return ast.literal_eval(node.args[0]), kind, Bound(**given)


def test_statements_and_bounds_are_typed_not_computed(path):
    statements = [written(node)[0] for node in calls(path)]
    assert statements
    assert sorted(set(statements)) == sorted(statements), "each sentence once"


def swept(path):
    return [claim for s in sweep.SOURCES for claim in sweep.claims(s) if claim.chapter == path.stem]


def test_the_sweep_knows_each_claim_as_it_stands(path):
    known = {(claim.statement, claim.kind, claim.bound) for claim in swept(path)}
    assert {written(node) for node in calls(path)} == known, (
        f"run `python tools/make_book.py sweep phantoms {path.stem}`, and where CXR_DATA is set "
        f"`sweep real {path.stem}`"
    )


def test_each_claim_held_in_every_run_with_room_to_spare(path):
    weak = [
        f"{claim.statement} {claim.text()}, {claim.bound.text()}, margin {claim.margin:.1f}"
        for claim in swept(path)
        if claim.kind != "observation" and not claim.stands
    ]
    assert weak == [], "strengthen the experiment, weaken the sentence, or make it an observation"
