"""The stubs beside each room's ``__init__.py`` name what the package offers, and no more."""

import ast
import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
STUBS = sorted((ROOT / "cxrlib").rglob("__init__.pyi"))


def room(stub):
    return ".".join(stub.parent.relative_to(ROOT).parts)


def exported(stub):
    imports = [n for n in ast.parse(stub.read_text()).body if isinstance(n, ast.ImportFrom)]
    return [alias.asname or alias.name for node in imports for alias in node.names]


def named_in(source):
    """Names that code takes from elsewhere: ``x.name``, ``from x.name import name``."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            found.update((node.module or "").split("."), (alias.name for alias in node.names))
    return found


@pytest.fixture(scope="module")
def uses():
    """Names by file: those of each module, test and tool, and of each chapter's code."""
    names = {}
    for folder in ("cxrlib", "tests", "tools", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            names[path] = named_in(path.read_text())
    for path in (ROOT / "chapters").glob("*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        lines = [
            x for cell in cells if cell["cell_type"] == "code" for x in (*cell["source"], "\n")
        ]
        names[path] = named_in("".join(x for x in lines if not x.lstrip().startswith("%")))
    return names


@pytest.mark.parametrize("stub", STUBS, ids=room)
def test_each_exported_name_can_be_imported(stub):
    module = importlib.import_module(room(stub))
    assert exported(stub), "an empty stub"
    assert set(exported(stub)) == set(module.__all__) == set(dir(module))
    for name in exported(stub):
        getattr(module, name)


@pytest.mark.parametrize("stub", STUBS, ids=room)
def test_each_exported_name_is_used_outside_its_room(stub, uses):
    """Modules and the types of results may stand there to be found."""
    module = importlib.import_module(room(stub))
    outside = [names for path, names in uses.items() if stub.parent not in path.parents]
    unused = set(exported(stub)) - set().union(*outside)
    kept = (type, ModuleType)
    assert [name for name in sorted(unused) if not isinstance(getattr(module, name), kept)] == []
