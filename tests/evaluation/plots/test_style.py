import subprocess
import sys

import matplotlib.pyplot as plt

from cxrlib.evaluation import plots
from cxrlib.evaluation.plots import style


def test_importing_changes_no_setting_and_drawing_computes_nothing():
    code = (
        "import matplotlib as m; before = dict(m.rcParams); from cxrlib.evaluation import plots;"
        "[getattr(plots, name) for name in dir(plots)]; assert dict(m.rcParams) == before;"
        "import sys; assert not {'keras', 'tensorflow', 'sklearn', 'scipy'} & set(sys.modules);"
        "from cxrlib import evaluation; dir(evaluation); evaluation.binary_report;"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_style_has_the_colours_of_the_class_styles():
    plots.use_style()
    assert plt.rcParams["axes.spines.top"] is False
    colours = [one.color for one in style.STYLE_CYCLE]
    assert plt.rcParams["axes.prop_cycle"].by_key()["color"] == colours
    for part in ("axes.edgecolor", "xtick.color", "ytick.color"):
        assert plt.rcParams[part] == plots.GREY
    for part in ("text.color", "axes.labelcolor", "axes.titlecolor", "xtick.labelcolor"):
        assert plt.rcParams[part] == plots.INK


def test_classes_differ_without_colour_too():
    classes = [style.CLASS_STYLES[n] for n in ("normal", "bacterial", "viral", "covid")]
    for part in ("hatch", "marker", "linestyle"):
        assert len({getattr(c, part) for c in classes}) == len(classes)


def test_unknown_names_take_colours_that_no_known_one_has():
    chosen = style.class_styles(["a", "b", "normal", "c"])
    assert len({one.color for one in chosen}) == 4
    assert chosen[2] == style.CLASS_STYLES["normal"]
    assert style.class_styles("abcde") == [*style.STYLE_CYCLE, style.STYLE_CYCLE[0]]
