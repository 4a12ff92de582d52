"""What can be done without TensorFlow, and what the rest says then."""

import shutil
import subprocess
import sys

import pytest

from cxrlib import extras, phantoms

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


NEED_IT = (
    "from cxrlib.data import pipeline",
    "from cxrlib import models; models.first_cnn",
    "from cxrlib.models import transfer; transfer.build_model",
    "from cxrlib.models import training",
    "from cxrlib import evaluation; evaluation.grad_cam",
    "from cxrlib.data.augmentation import augment_images; augment_images(None)",
    "from cxrlib import experiments; experiments.reproduce('article-3-repaired')",
)
ASK = """
for code in {codes}:
    try:
        exec(code, {{}})
        print("no error")
    except ImportError as error:
        print(error)
from cxrlib.cli import main
from cxrlib.evaluation import audit
assert audit.audit and main(["reproduce", "article-3"]) == 1
assert main(["results"]) == main(["data", "list"]) == main(["reproduce"]) == 0
assert not {{"tensorflow", "keras"}} & set(sys.modules)
"""


def test_without_tensorflow_what_needs_it_names_the_extra_and_the_rest_runs():
    code = WITHOUT + ASK.format(codes=NEED_IT)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers = done.stdout.splitlines()[: len(NEED_IT)]
    assert [text for text in answers if not text.endswith('pip install "cxrlib[train]"')] == []
    (said,) = done.stderr.splitlines()
    assert said.startswith("cxr: a study: expected tensorflow and keras, got no tensorflow")


AUDIT = """
from cxrlib.cli import main
failed = main(["audit", {folder!r}, "--html", {page!r}])
assert not {{"tensorflow", "keras"}} & set(sys.modules)
sys.exit(failed)
"""


def test_without_tensorflow_an_audit_runs_to_its_report_and_finds_what_was_planted(tmp_path):
    folder = phantoms.write(tmp_path / "drawn", "pneumonia", size=64, n=60) / "chest_xray"
    image, other = sorted((folder / "train" / "NORMAL").iterdir())[:2]
    shutil.copy(image, folder / "train" / "PNEUMONIA" / "person9001_virus_1.jpeg")
    shutil.copy(other, folder / "test" / "NORMAL" / "IM-9002-0001.jpeg")
    (folder / "train" / "NORMAL" / "IM-9003-0001.jpeg").write_bytes(b"no image")
    page = tmp_path / "report.html"
    code = WITHOUT + AUDIT.format(folder=str(folder), page=str(page))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    advised = done.stdout.partition("\ntwo labels: ")
    assert f"  {image}: the same image as" in advised[2]
    for check, planted in (("duplicates", "IM-9002"), ("files", "IM-9003")):
        assert planted in done.stdout.partition(f"\n{check}: ")[2].partition("\n\n")[0]
    assert page.stat().st_size > 10_000


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
