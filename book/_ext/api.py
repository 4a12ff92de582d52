"""Sphinx extension of the course: the reference of ``cxrlib``, from its docstrings.

``{api-room} cxrlib.data`` shows what a room offers: the names in its stub (``__init__.pyi``), then
the public modules below it. Each function and class stands there once, under its shortest name.
What docstrings refer to becomes a link there, or plain code where it is not public; a name that is
nowhere is left to Sphinx, which complains.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from types import ModuleType

from markdown_tables import MarkdownDirective

ROOMS = ("phantoms", "data", "models", "evaluation", "experiments", "teaching")
ROLE = re.compile(r":(?:py:)?(?:func|class|meth|attr|data|exc|mod|obj):`[~!]?([\w.]+)`")


def public_names(module: ModuleType) -> list[str]:
    """Return what a module offers: its stub's names, else what is defined in it."""
    if hasattr(module, "__all__"):
        return sorted(module.__all__)
    here = (n for n, v in vars(module).items() if getattr(v, "__module__", "") == module.__name__)
    return sorted(name for name in here if not name.startswith("_"))


def modules(module: ModuleType) -> Iterator[ModuleType]:
    """Yield a public module and those below it."""
    yield module
    for name in public_names(module):
        if isinstance(below := getattr(module, name), ModuleType):
            yield from modules(below)


def has_docstring(value: object) -> bool:
    """Tell functions and classes with a docstring from values, which have none of their own."""
    kind = inspect.isclass(value) or inspect.isroutine(value)
    return kind and bool(value.__doc__)


@cache
def places() -> dict[int, str]:
    """Return id → full name of each public module, function, class and method, once."""
    found: dict[int, str] = {}
    for room in ROOMS:
        for module in modules(importlib.import_module(f"cxrlib.{room}")):
            found.setdefault(id(module), module.__name__)
            for name in filter(lambda n: has_docstring(getattr(module, n)), public_names(module)):
                value, place = getattr(module, name), f"{module.__name__}.{name}"
                found.setdefault(id(value), place)
                if inspect.isclass(value):
                    for key, member in vars(value).items():
                        kind = inspect.isroutine(member) or isinstance(member, property)
                        if kind and not key.startswith("_") and member.__doc__:
                            found.setdefault(id(member), f"{place}.{key}")
    return found


def link(target: str, near: object) -> str | None:
    """Return what stands for a name in the docstring of ``near``; None if there is no such thing.

    ``.name`` is looked for everywhere; any other beside ``near``, in it, or from the top.
    """
    if target.startswith("."):
        full = next((place for place in places().values() if place.endswith(target)), None)
        return full and f":py:obj:`{target[1:]} <{full}>`"
    module = getattr(near, "__module__", None) or getattr(near, "__name__", "")
    around = getattr(near, "__qualname__", "")
    for start in (
        "",
        f"{module}.",
        f"{module}.{around}.",
        f"{module}.{around.rpartition('.')[0]}.",
    ):
        try:
            found = pkgutil.resolve_name(start + target)
        except (ImportError, AttributeError, ValueError):
            continue
        place = places().get(id(found))
        shown = target.removeprefix("cxrlib.")
        return f":py:obj:`{shown} <{place}>`" if place else f"``{shown}``"
    return None


def link_docstring(app, what, name, obj, options, lines):
    """Turn the references of one docstring into links (``autodoc-process-docstring``)."""
    lines[:] = [ROLE.sub(lambda m: link(m[1], inspect.unwrap(obj)) or m[0], line) for line in lines]


def leave_out(app, what, name, obj, skip, options):
    """Leave out the fields of a named tuple, of which Python says their number only."""
    return True if str(obj.__doc__).startswith("Alias for field number") else None


def overview(module: ModuleType, names: list[str]) -> list[str]:
    """Return a table of functions and classes, each with the first line of its docstring."""
    if len(names) < 2:
        return []
    rows = ["| name | what it does, or is |", "|---|---|"]
    for name in names:
        told = (inspect.getdoc(getattr(module, name)) or "").split("\n\n")[0].replace("\n", " ")
        plain = ROLE.sub(lambda m: f"`{m[1].rpartition('.')[2]}`", told).replace("``", "`")
        escaped = plain.replace("|", "\\|")
        rows.append(f"| {{py:obj}}`{name} <{module.__name__}.{name}>` | {escaped} |")
    return ["\n".join(rows)]


class ApiRoom(MarkdownDirective):
    """The reference of one room, module by module."""

    required_arguments, optional_arguments = 1, 0
    headings = True

    def markdown(self) -> str:
        """Write a section for each module."""
        room = importlib.import_module(self.arguments[0])
        return "\n\n".join(map(self.section, modules(room)))

    def section(self, module: ModuleType) -> str:
        """Write what a module says of itself, then its functions and classes."""
        full = module.__name__
        own, elsewhere, values = [], [], []
        for name in public_names(module):
            value = getattr(module, name)
            if isinstance(value, ModuleType):
                continue
            if not has_docstring(value):
                values.append(f"`{name}`")
            elif places()[id(value)] == f"{full}.{name}":
                own.append(name)
            else:
                shown = places()[id(value)]
                elsewhere.append(f"{{py:obj}}`{shown.removeprefix('cxrlib.')} <{shown}>`")
        parts = [f"## {full.removeprefix('cxrlib.')}", *overview(module, own)]
        lines = [f"```{{eval-rst}}\n.. automodule:: {full}"]
        lines += [f"   :members: {', '.join(own)}"] if own else []
        parts.append("\n".join([*lines, "```"]))
        if elsewhere:
            parts.append(f"Described under another name: {', '.join(elsewhere)}.")
        if values:
            parts.append(f"Values: {', '.join(values)}.")
        return "\n\n".join(parts)


def setup(app):
    """Add the directive, and turn docstrings' references into links."""
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    app.add_directive("api-room", ApiRoom)
    app.connect("autodoc-process-docstring", link_docstring, priority=900)
    app.connect("autodoc-skip-member", leave_out)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
