"""A helper is shown in full where it is taught, and the package's copy is the same code."""

import ast
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[3]
TAUGHT = {
    "02-neurons": "sigmoid relu dense binary_cross_entropy neuron_gradients mlp_forward "
    "mlp_gradients numerical_gradient gradient_descent",
    "03-convolution": "pad_widths pad unpad sliding_windows conv2d conv2d_backward",
    "04-pooling": "max_pool average_pool global_max_pool global_average_pool max_pool_backward "
    "average_pool_backward global_max_pool_backward global_average_pool_backward relu_backward "
    "dense_backward",
}
LATER = {"softmax", "cross_entropy", "cross_entropy_backward"}  # chapter 12, with more classes


def functions(code):
    return {n.name: n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.FunctionDef)}


class Unhinted(ast.NodeTransformer):
    def visit_arg(self, node):
        return ast.arg(node.arg)

    def visit_AnnAssign(self, node):
        return ast.Assign([node.target], node.value, lineno=node.lineno)


def bare(function):
    """Arguments and body without type hints, docstring and checks of the input."""
    function = Unhinted().visit(function)

    def extra(node):
        value = getattr(node, "value", None) if isinstance(node, ast.Expr) else None
        called = getattr(getattr(value, "func", None), "id", "")
        return isinstance(value, ast.Constant) or called.startswith("check_")

    body = [node for node in function.body if not extra(node)]
    return ast.unparse(function.args), [ast.unparse(node) for node in body]


def in_package():
    code = "\n".join(p.read_text() for p in sorted(ROOT.glob("cxrlib/models/scratch/*.py")))
    return functions(code.replace("from __future__ import annotations", ""))


def in_chapter(name):
    cells = nbformat.read(ROOT / "chapters" / f"{name}.ipynb", as_version=4).cells
    found = {}
    for cell in cells:
        if cell.cell_type == "code" and "%" not in cell.source[:1] and "%pip" not in cell.source:
            found |= functions(cell.source)
    return found


@pytest.mark.parametrize(("chapter", "name"), [(c, n) for c in TAUGHT for n in TAUGHT[c].split()])
def test_chapter_and_package_hold_the_same_code(chapter, name):
    taught = in_chapter(chapter)
    assert name in taught, f"{chapter} does not show {name}"
    assert bare(taught[name]) == bare(in_package()[name])


def test_nothing_in_scratch_is_left_untaught():
    from cxrlib.models import scratch

    functions = {name for name in scratch.__all__ if callable(getattr(scratch, name))}
    assert functions == LATER.union(*map(str.split, TAUGHT.values()))


def test_the_kernels_are_those_of_the_chapter():
    cells = nbformat.read(ROOT / "chapters" / "03-convolution.ipynb", as_version=4).cells
    shown = "".join(cell.source for cell in cells if cell.cell_type == "code")
    for name in ("BLUR", "SHARPEN", "SOBEL_X", "SOBEL_Y"):
        assert name in shown
