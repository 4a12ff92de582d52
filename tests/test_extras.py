"""What can be done without TensorFlow, and what the rest says then."""

import subprocess
import sys

import pytest

from cxrlib import extras

WITHOUT = """
import sys

class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "keras"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Gone())
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name in ("tensorflow", "keras") else found(name)
"""


def run_without_tensorflow(code):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + code], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "code",
    [
        "from cxrlib.data import pipeline",
        "from cxrlib import models; models.first_cnn",
        "from cxrlib.models import transfer; transfer.build_model",
        "from cxrlib.models import training",
        "from cxrlib import evaluation; evaluation.grad_cam",
        "from cxrlib.data.augmentation import augment_images; augment_images(None)",
        "from cxrlib import experiments; experiments.reproduce('article-3-repaired')",
    ],
)
def test_what_needs_tensorflow_says_which_extra_brings_it(code):
    done = run_without_tensorflow(code)
    assert 'pip install "cxrlib[train]"' in done.stderr.splitlines()[-1]


def test_the_command_says_so_in_one_line_and_its_other_parts_do_without():
    said = run_without_tensorflow("from cxrlib.cli import main; main(['reproduce', 'article-3'])")
    assert said.stderr.startswith("cxr: a study: expected tensorflow and keras, got no tensorflow")
    assert "Traceback" not in said.stderr
    lines = (
        "from cxrlib.cli import main; from cxrlib import models, evaluation, data",
        "from cxrlib.evaluation import audit; audit.audit, models.scratch, evaluation.plots",
        "assert main(['results']) == main(['data', 'list']) == main(['reproduce']) == 0",
        "assert not {'tensorflow', 'keras'} & set(sys.modules)",
    )
    done = run_without_tensorflow("\n".join(lines))
    assert done.returncode == 0, done.stderr


def test_another_missing_module_keeps_its_own_error(tmp_path, monkeypatch):
    package = tmp_path / "parcel"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from cxrlib.extras import attach_stub\n"
        "__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)\n"
    )
    (package / "__init__.pyi").write_text("from . import broken as broken\n")
    (package / "broken.py").write_text("import no_such_module\n")
    monkeypatch.syspath_prepend(tmp_path)
    import parcel

    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        _ = parcel.broken


def test_an_extra_that_is_there_is_passed_in_silence(monkeypatch):
    monkeypatch.setitem(extras.EXTRAS, "own", ("json",))
    extras.require("own", "this")
    monkeypatch.setitem(extras.EXTRAS, "own", ("json", "no_such_module"))
    with pytest.raises(extras.MissingExtraError, match=r"got no no_such_module.*cxrlib\[own\]"):
        extras.require("own", "this")
