"""``cxr predict`` on files of every kind: an answer for chest films, clear words for the rest."""

import csv
import json
from dataclasses import replace

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from cxrlib import evaluation, models, phantoms
from cxrlib.cli import main
from cxrlib.evaluation.explain import grad_cam
from cxrlib.evaluation.prediction import DISCLAIMER, outputs
from tests.models.test_metadata import CLASSES, some_metadata

SIZE = 48


@pytest.fixture(scope="module")
def films():
    """Draw chest films, each of another patient."""
    kinds = ("normal", "bacterial")
    drawn = [phantoms.draw(kinds[seed % 2], size=64, seed=seed).image for seed in range(90)]
    return np.stack(list(map(small, drawn)))


def small(image):
    grey = Image.fromarray(image)
    return np.asarray(grey.resize((SIZE, SIZE)))[:, :, None]


@pytest.fixture(scope="module")
def model(films, tmp_path_factory):
    network = models.pooled_cnn((SIZE, SIZE, 1), (4, 6))
    outliers = models.OutlierDetector.fit(
        network, films[:60], films[60:80], layers=("relu_1", "relu_2"), false_refusals=0.05
    )
    shown = {"a cat": models.Refusal(models.Rate(7 / 9, 0.4, 0.9, 7, 9), 3, 0.8, 0.5)}
    known = replace(some_metadata(), outliers=outliers, refusals=shown)
    return models.save(network, tmp_path_factory.mktemp("model") / "net.keras", CLASSES, known)


@pytest.fixture
def write(tmp_path):
    def write(name, pixels):
        Image.fromarray(np.squeeze(pixels)).save(tmp_path / name)
        return str(tmp_path / name)

    return write


def run(capsys, model, *arguments):
    code = main(["predict", *map(str, arguments), "--model", str(model)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_chest_film_gets_a_probability_and_what_it_is_worth(films, model, write, capsys):
    file = write("a.png", films[80])
    code, out, _ = run(capsys, model, file, "--prevalence", 0.2)
    score = models.load(model).model.predict(films[80:81].astype("float32"), verbose=0)[0, 0]
    assert code == 0
    assert f"{file}: probability of 'pneumonia' {score:.2f}, on the side of 'normal'" in out
    assert (
        "sensitivity 0.90 (0.80 to 0.97; 9 of 10), specificity 0.50 (0.10 to 0.90; 1 of 2)" in out
    )
    ppv, npv = 0.9 * 0.2 / (0.9 * 0.2 + 0.5 * 0.8), 0.5 * 0.8 / (0.5 * 0.8 + 0.1 * 0.2)
    assert (
        f"Where 20% have 'pneumonia': {ppv:.0%} of those on its side do, and {npv:.0%} of those on "
        "the side of 'normal' do not" in out
    )
    assert "how many it refused: a cat 7 of 9. Lateral views were not among them" in out
    assert out.splitlines()[-1] == DISCLAIMER


def kinds(film):
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 255, SIZE).astype("uint8")
    return {
        "inverted": 255 - film,
        "upside-down": film[::-1],
        "on its side": film.transpose(1, 0, 2),
        "noise": rng.integers(0, 256, film.shape, dtype=np.uint8),
        "a ramp": np.repeat(ramp[:, None, None], SIZE, axis=1),
        "black": np.zeros_like(film),
    }


def test_what_is_no_chest_film_gets_a_reason_and_no_probability(films, model, write, capsys):
    files = {name: write(f"{name}.png", pixels) for name, pixels in kinds(films[81]).items()}
    code, out, _ = run(capsys, model, *files.values())
    assert code == 0
    lines = out.split("\n\n")[0].splitlines()
    for line, file in zip(lines, files.values(), strict=True):
        assert line.startswith(f"refused: {file}: expected a frontal chest X-ray")
        assert "5% of 20 chest X-rays" in line


def test_a_mirrored_film_that_is_not_far_away_is_refused_as_turned(films, model, write):
    predictor = evaluation.prediction.load_predictor(model)
    lenient = replace(predictor.outliers, threshold=np.inf)
    files = [write("a.png", films[82]), write("b.png", films[82][:, ::-1])]
    kept, turned = replace(predictor, outliers=lenient).predict(files)
    assert (kept.state, turned.state) == ("answered", "refused")
    assert "got one that looks turned or mirrored (score " in turned.reason


def test_a_colour_picture_is_refused_and_a_grey_one_in_three_channels_is_not(
    films, model, write, capsys
):
    film = films[80]
    grey = write("grey.png", np.repeat(film, 3, axis=2))
    red = write("red.png", np.concatenate([film, film // 3, film // 3], axis=2))
    _, out, _ = run(capsys, model, grey, red)
    first, second, *_ = out.splitlines()
    assert first.startswith(f"{grey}: probability")
    assert second.startswith(f"refused: {red}: expected a grey picture")


def test_a_broken_file_is_named_and_the_others_are_answered(films, model, write, tmp_path, capsys):
    good, broken = write("a.png", films[80]), tmp_path / "b.png"
    broken.write_bytes((tmp_path / "a.png").read_bytes()[:200])
    large = tmp_path / "c.png"
    Image.new("1", (10_000, 10_000)).save(large)
    gone, text = tmp_path / "gone.png", tmp_path / "notes.png"
    text.write_text("not an image")
    code, out, _ = run(capsys, model, broken, large, gone, text, good)
    assert code == 1
    words = ("got a damaged one", "expected at most 64,000,000 pixels", "no such file", "got none")
    lines = out.splitlines()
    for line, file, said in zip(lines, (broken, large, gone, text), words, strict=False):
        assert line.startswith(f"unreadable: {file}: ")
        assert said in line
    assert lines[4].startswith(f"{good}: probability")


def test_dicom_is_read_and_one_without_pixels_is_named(films, model, tmp_path, capsys):
    pydicom = pytest.importorskip("pydicom")
    for name, stored in (("a.dcm", films[80][:, :, 0]), ("b.dcm", None)):
        dataset = pydicom.Dataset()
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        dataset.SOPClassUID = pydicom.uid.DigitalXRayImageStorageForPresentation
        dataset.SOPInstanceUID = pydicom.uid.generate_uid()
        dataset.Rows = dataset.Columns = SIZE
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME1"
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit, dataset.PixelRepresentation = 7, 0
        if stored is not None:
            dataset.PixelData = (255 - stored).tobytes()
        dataset.save_as(tmp_path / name, enforce_file_format=True)
    code, out, _ = run(capsys, model, tmp_path)  # a folder
    assert code == 1
    first, second, *_ = out.splitlines()
    assert first.startswith(f"{tmp_path / 'a.dcm'}: probability")
    assert second.startswith(f"unreadable: {tmp_path / 'b.dcm'}: expected a DICOM image")


def test_answers_as_csv_json_and_picture(films, model, write, tmp_path, capsys):
    files = [write("a.png", films[80]), write("b.png", 255 - films[80])]
    out = {ending: tmp_path / f"out.{ending}" for ending in ("csv", "json", "png")}
    flags = ("--csv", out["csv"], "--json", out["json"], "--picture", out["png"])
    assert run(capsys, model, *files, *flags)[0] == 0
    rows = list(csv.DictReader(out["csv"].open(encoding="utf-8")))
    assert [row["state"] for row in rows] == ["answered", "refused"]
    assert rows[1]["probability"] == rows[1]["side"] == ""
    assert {row["note"] for row in rows} == {DISCLAIMER}
    content = json.loads(out["json"].read_text(encoding="utf-8"))
    assert content["note"] == DISCLAIMER
    assert content["answers"][0]["probability"] == pytest.approx(float(rows[0]["probability"]))
    assert content["answers"][1]["probability"] is None
    assert content["model"]["sensitivity"]["k"] == 9
    assert content["model"]["refusals"]["a cat"]["rate"]["n"] == 9
    with Image.open(out["png"]) as drawn:
        pixels = np.asarray(drawn.convert("RGB"), int)
    assert np.ptp(pixels, axis=2).max() > 50  # the map's colour: film and words are grey


def test_the_picture_has_the_film_beside_it_grad_cam_and_says_what_it_is_for(films, model, write):
    predictor = evaluation.prediction.load_predictor(model)
    answers = list(predictor.predict([write("a.png", films[80]), write("b.png", 255 - films[80])]))
    figure = outputs.draw(answers, predictor)
    assert DISCLAIMER in figure.get_supxlabel()
    bare, covered, *others = (axes for axes in figure.axes if axes.images)
    assert others == []  # what was refused is not drawn
    assert f"a.png · {answers[0].probability:.2f}" in bare.get_title(loc="left")
    np.testing.assert_array_equal(np.squeeze(bare.images[0].get_array()), films[80][:, :, 0])
    (expected,) = grad_cam(predictor.model, films[80:81])
    maps = [np.squeeze(image.get_array()) for image in covered.images[1:]]
    assert any(one.shape == expected.shape and np.allclose(one, expected) for one in maps)
    plt.close(figure)


def test_a_picture_of_refusals_is_refused(films, model, write, tmp_path, capsys):
    code, _, err = run(
        capsys, model, write("b.png", 255 - films[80]), "--picture", tmp_path / "x.png"
    )
    assert code == 1
    assert "expected an answer to draw, got none" in err
    assert not (tmp_path / "x.png").exists()


def test_a_model_of_other_classes_or_without_metadata_gives_no_number(
    films, model, write, tmp_path, capsys
):
    film = write("a.png", films[80])
    four = models.pooled_cnn((SIZE, SIZE, 1), (4, 6), classes=3)
    known = models.read_metadata(model)
    names = ("normal", "viral", "covid")
    coloured = models.pooled_cnn((SIZE, SIZE, 3), (4, 6))
    softmax = keras.Model(
        coloured.inputs, keras.layers.Dense(2, "softmax")(coloured.layers[-2].output)
    )
    cases = {
        "colour.keras": (coloured, CLASSES, known, f"got one that takes ({SIZE}, {SIZE}, 3)"),
        "softmax.keras": (softmax, CLASSES, known, "and gives 2. Triple the channel inside"),
        "none.keras": (models.load(model).model, CLASSES, None, "got one without metadata"),
        "three.keras": (four, names, known, "expected a model of two classes, got one of 3"),
    }
    for name, (network, classes, metadata, words) in cases.items():
        file = models.save(network, tmp_path / name, classes, metadata)
        code, out, err = run(capsys, file, film)
        assert (code, out) == (1, "")
        assert words in err
    code, _, err = run(capsys, tmp_path / "gone.keras", film)
    assert code == 1
    assert "gone.keras: expected a file, got none" in err


def test_a_model_of_two_other_classes_answers_with_their_names(
    films, model, write, tmp_path, capsys
):
    known, network = models.read_metadata(model), models.load(model).model
    file = models.save(network, tmp_path / "x.keras", ("other", "covid"), known)
    code, out, _ = run(capsys, file, write("a.png", films[80]))
    assert code == 0
    assert "probability of 'covid' 0." in out
    assert "on the side of 'other'" in out
    assert "pneumonia'" not in out


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--prevalence", "1.5"), "expected --prevalence above 0 and below 1, got 1.5"),
        (("--csv", "out.txt"), "expected a name that ends in .csv, got out.txt"),
    ],
)
def test_wrong_usage_is_named_before_any_work(model, capsys, flags, words):
    code, out, err = run(capsys, model, "gone.png", *flags)
    assert (code, out) == (1, "")
    assert words in err


def test_a_predictor_answers_in_the_order_of_the_files(films, model, write):
    predictor = evaluation.prediction.load_predictor(model)
    files = [write(f"{i}.png", films[80 + i % 3]) for i in range(40)]  # more than a batch
    answers = list(predictor.predict(files))
    assert [answer.path for answer in answers] == files
    assert len({answer.distance for answer in answers}) == 3


@pytest.mark.parametrize(
    ("share", "said"), [(0.997, "over 99%"), (0.003, "under 1%"), (0.5, "50%"), (0.99, "99%")]
)
def test_a_share_is_not_rounded_to_none_or_all(share, said):
    assert outputs._share(share) == said
