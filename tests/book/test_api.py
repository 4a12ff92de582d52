"""The reference of the package: each public name once, and links that lead to it."""

import re
import sys
from types import ModuleType

import pytest
import yaml
from sphinx.testing.util import SphinxTestApp
from sphinx.util.inventory import InventoryFile

from tests.built import ROOT

EXT = str(ROOT / "book" / "_ext")
CONF = """
import sys
sys.path.insert(0, {ext!r})
extensions = ["myst_parser", "api"]
nitpicky = True
"""


@pytest.fixture(scope="module")
def api():
    sys.path.insert(0, EXT)
    import api

    yield api
    sys.path.remove(EXT)


def test_a_name_leads_to_the_one_place_where_it_is_described(api):
    from cxrlib.data import load
    from cxrlib.evaluation import subgroups, threshold_table

    assert api.link("cxrlib.data.datasets.load", load) == (
        ":py:obj:`data.datasets.load <cxrlib.data.load>`"
    )
    place = "<cxrlib.evaluation.threshold_table>`"
    assert api.link("threshold_table", threshold_table).endswith(place)
    assert api.link(".patient_bootstrap", load).endswith("<cxrlib.evaluation.patient_bootstrap>`")
    assert api.link("cxrlib.evaluation.checks", subgroups).endswith("<cxrlib.evaluation.checks>`")
    assert api.link("cxrlib.data.datasets.LOCATIONS", load) == "``data.datasets.LOCATIONS``"
    assert api.link("cxrlib.data.no_such_thing", load) is None


def test_no_docstring_of_the_package_names_what_is_nowhere(api):
    wrong = []
    for module in list(sys.modules.values()):
        if isinstance(module, ModuleType) and module.__name__.startswith("cxrlib."):
            wrong += [
                f"{module.__name__}: {target}"
                for target in api.ROLE.findall(module.__doc__ or "")
                if api.link(target, module) is None
            ]
    assert wrong == []


def test_a_room_shows_public_functions_classes_and_values(tmp_path):
    config = yaml.safe_load((ROOT / "_config.yml").read_text())["sphinx"]["config"]
    own = [f"{k} = {v!r}" for k, v in config.items() if k.startswith(("autodoc", "napoleon"))]
    (tmp_path / "conf.py").write_text(CONF.format(ext=EXT) + "\n".join(own))
    (tmp_path / "index.md").write_text((ROOT / "book" / "api" / "phantoms.md").read_text())
    app = SphinxTestApp("html", srcdir=tmp_path)
    app.build()
    said = app.warning.getvalue().splitlines()  # other tests of this process made apps, too
    assert [line for line in said if "is already registered" not in line] == []
    text = (tmp_path / "_build" / "html" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<dt class="sig[^>]* id="([\w.]+)"', text)[:1] == ["cxrlib.phantoms.Phantom"]
    assert "Alias for field number" not in text
    assert re.search(r"Values: .*KINDS", text)


def test_the_book_has_every_public_name(api, html):
    with (html / "objects.inv").open("rb") as file:
        found = InventoryFile.load(file, "", lambda base, uri: uri)
    have = {name for kind, names in found.items() if kind.startswith("py:") for name in names}
    assert set(api.places().values()) - have == set()
    assert {f"book/api/{room}.html" for room in api.ROOMS} == {
        found["py:module"][f"cxrlib.{room}"][2].partition("#")[0] for room in api.ROOMS
    }
