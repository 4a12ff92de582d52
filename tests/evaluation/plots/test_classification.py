import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from cxrlib.evaluation import plots
from tests.evaluation.plots.reading import texts


def frames(axes):
    return [any(isinstance(p, Rectangle) for p in ax.patches) for ax in np.ravel(axes)]


def test_confusion_matrices_stand_side_by_side_with_counts_and_shares():
    axes = plots.confusion_matrix_grid(
        {"train": [[1234, 0], [1, 3]], "test": [[1, 1], [2, 6]]}, ("normal", "pneumonia")
    )
    assert axes.shape == (1, 2)
    first, second = axes.flat
    assert texts(first) == ["1,234\n100 %", "0\n0 %", "1\n25 %", "3\n75 %"]
    assert texts(second) == ["1\n50 %", "1\n50 %", "2\n25 %", "6\n75 %"]
    assert [ax.get_title() for ax in axes.flat] == ["train", "test"]
    assert (first.get_ylabel(), first.get_xlabel()) == ("truth", "called")
    assert [t.get_text() for t in first.get_yticklabels()] == ["normal", "pneumonia"]
    assert [t.get_text() for t in second.get_xticklabels()] == ["normal", "pneumonia"]
    assert first.get_aspect() == 1


def test_a_count_stands_in_the_row_of_its_truth():
    ax = plots.confusion_matrix_grid({"": [[0, 7], [0, 0]]}).flat[0]
    seven = next(t for t in ax.texts if t.get_text().startswith("7"))
    assert seven.get_position() == (1, 0)  # called sick; the uppermost row, healthy
    np.testing.assert_array_equal(ax.images[0].get_array(), [[0, 1], [0, 0]])


def test_a_row_without_images_has_no_share():
    ax = plots.confusion_matrix_grid({"": [[2, 0, 0], [0, 0, 0], [1, 1, 2]]}, "abc").flat[0]
    assert texts(ax)[3:6] == ["0\n–"] * 3
    assert len(texts(ax)) == 9


def test_no_share_is_rounded_to_none_or_all():
    ax = plots.confusion_matrix_grid({"": [[5, 1165], [0, 9]]}).flat[0]
    assert texts(ax) == ["5\n< 1 %", "1,165\n> 99 %", "0\n0 %", "9\n100 %"]


def luminance(colour):
    """Relative luminance by WCAG 2.1, written apart from the package's own."""
    c, weights = np.array(to_rgb(colour)), [0.2126, 0.7152, 0.0722]
    return np.where(c <= 0.03928, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ weights


def test_text_can_be_read_on_each_cell():
    shares = np.arange(0, 101, 4)
    matrix = np.c_[shares, 100 - shares, np.zeros((26, 24), int)]
    ax = plots.confusion_matrix_grid({"": matrix}, ["a"] * 26)[0, 0]
    image, text = ax.images[0], ax.texts[::26]
    greys = [luminance(c[:3]) for c in image.cmap(np.linspace(0, 1, 50))]
    assert np.all(np.diff(greys) < 0)  # a darker cell has a larger share in grey, too
    for share, name in zip(shares / 100, text, strict=True):
        low, high = sorted([luminance(image.cmap(share)[:3]), luminance(name.get_color())])
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_names_and_titles_of_many_classes_lie_within_the_figure():
    plots.use_style()
    counts = np.eye(4, dtype=int)
    axes = plots.confusion_matrix_grid(
        {"validation": counts, "test": counts}, ("viral pneumonia",) * 4
    )
    figure = axes.flat[0].figure
    figure.canvas.draw()
    room, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert 0 <= room.x0 < room.x1 <= width
    assert 0 <= room.y0 < room.y1 <= height


def test_names_must_fit_the_matrix():
    words = r"2×2 matrix .*healthy, sick, got shape \(3, 3\) as 'test'"
    with pytest.raises(ValueError, match=words):
        plots.confusion_matrix_grid({"test": np.eye(3)})


PICTURES = [np.zeros((20, 40)), np.full((30, 30, 1), 255), np.zeros((9, 9)), np.zeros((9, 9))]


@pytest.mark.parametrize("column", [False, True])
def test_wrong_answers_are_marked_in_words_and_by_a_frame(column):
    y, score = np.array([0, 1, 1, 0]), np.array([0.9, 0.75, 0.002, 0.4])
    if column:
        y, score = y[:, None].astype("float32"), score[:, None]
    axes = plots.prediction_grid(PICTURES, y, score, ("normal", "pneumonia"))
    assert axes.shape == (1, 4)
    assert [ax.get_title() for ax in axes.flat] == [
        "truth: normal\n✗ called pneumonia 90 %",
        "truth: pneumonia\n✓ called pneumonia 75 %",
        "truth: pneumonia\n✗ called normal > 99 %",
        "truth: normal\n✓ called normal 60 %",
    ]
    assert frames(axes) == [True, False, True, False]


def test_the_threshold_decides():
    axes = plots.prediction_grid(PICTURES[:2], [1, 1], [0.3, 0.29], threshold=0.3)
    assert [ax.get_title() for ax in axes.flat] == [
        "truth: sick\n✓ called sick 30 %",
        "truth: sick\n✗ called healthy 71 %",
    ]


def test_of_several_classes_the_top_one_is_called():
    score = np.array([[0.5, 0.2, 0.3], [0.1, 0.15, 0.75]])
    for y in (np.eye(3)[[0, 1]], [0, 1]):
        axes = plots.prediction_grid(PICTURES[:2], y, score, ("normal", "bacterial", "viral"))
        assert [ax.get_title() for ax in axes.flat] == [
            "truth: normal\n✓ called normal 50 %",
            "truth: bacterial\n✗ called viral 75 %",
        ]
        assert frames(axes) == [False, True]


def test_no_errors_leave_a_line_instead_of_images():
    axes = plots.prediction_grid([], [], [])
    assert texts(axes[0, 0]) == ["no images to show"]


@pytest.mark.parametrize(
    ("y", "score", "words"),
    [
        ([0], [0.1, 0.2], "each of 2 images, got 1 and 2"),
        (np.eye(3)[:2], [0.1, 0.2], "expected 2 classes"),
        ([0, 1], np.eye(3)[:2], "expected 3 classes .*names healthy, sick"),
        ([0, 2], [0.1, 0.2], "from 0 to 1, got 0 to 2"),
    ],
)
def test_answers_that_do_not_fit_are_named(y, score, words):
    with pytest.raises(ValueError, match=words):
        plots.prediction_grid(PICTURES[:2], y, score)


def test_below_each_image_stands_the_probability_of_each_class():
    names = ("normal", "bacterial", "viral")
    score = [[0.5, 0.2, 0.3], [0.1, 0.15, 0.75], [0.001, 0.001, 0.998]]
    axes = plots.probability_grid(PICTURES[:3], np.eye(3)[[0, 1, 2]], score, names)
    assert axes.shape == (2, 3)
    above, below = axes
    assert [ax.get_title() for ax in above] == [
        "✓ truth:\nnormal", "✗ truth:\nbacterial", "✓ truth:\nviral",
    ]  # fmt: skip
    assert frames(above) == [False, True, False]
    for ax, row in zip(below, score, strict=True):
        np.testing.assert_allclose([bar.get_width() for bar in ax.patches], row)
        assert ax.yaxis_inverted()
    assert texts(below[0]) == ["50 %", "20 %", "30 %"]
    assert texts(below[2]) == ["< 1 %", "< 1 %", "> 99 %"]
    assert [t.get_weight() for t in below[1].texts] == ["normal", "bold", "normal"]
    assert [t.get_text() for t in below[0].get_yticklabels()] == list(names)
    assert not any(t.get_text() for t in below[1].get_yticklabels())


def test_one_score_of_two_classes_has_two_bars():
    for score in ([0.9, 0.3], [[0.9], [0.3]]):
        axes = plots.probability_grid(PICTURES[:2], [1, 1], score, ("normal", "pneumonia"))
        assert [texts(ax) for ax in axes[1]] == [["10 %", "90 %"], ["70 %", "30 %"]]
        assert frames(axes[0]) == [False, True]


def test_probabilities_of_nothing_and_of_other_images():
    axes = plots.probability_grid([*PICTURES, PICTURES[0]], [0] * 5, [0.1] * 5, ("a", "b"))
    assert axes.shape == (4, 4)
    assert not axes[3, 1].axison
    assert texts(plots.probability_grid([], [], [], ("a", "b"))[0, 0]) == ["no images to show"]
    with pytest.raises(ValueError, match="each of 3 images, got 2 and 2"):
        plots.probability_grid(PICTURES[:3], [0, 1], np.eye(3)[:2], "abc")
    with pytest.raises(ValueError, match="expected 3 classes"):
        plots.probability_grid(PICTURES[:2], [0, 1], np.eye(3)[:2], "ab")
