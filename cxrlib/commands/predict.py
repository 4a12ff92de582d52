"""``cxr predict``: what a network says of some files, and what that is worth."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from cxrlib import experiments
from cxrlib.commands import help_with
from cxrlib.data import DataError
from cxrlib.data.validation import EXTENSIONS

SHIPPED = "study-small-network.keras"
EXIT_CODES = """\
Exit code: 0 if every file got its answer, and a refusal is one; 1 if a file could
not be read or something could not be done; 2 for a wrong option."""


def add_parser(rooms: argparse._SubParsersAction) -> None:
    """Add the command to those of ``cxr``."""
    predict = rooms.add_parser(
        "predict",
        help="what a network says of X-rays: for education, not a diagnosis",
        **help_with(
            "cxr predict my-xray.png --picture seen.png",
            "cxr predict my-folder --model mine.keras --prevalence 0.05 --csv answers.csv",
            exit_codes=EXIT_CODES,
        ),
    )
    predict.add_argument(
        "images", metavar="IMAGE", nargs="+", help="JPEG, PNG or DICOM, or a folder of them"
    )
    predict.add_argument("--model", metavar="FILE", help="by default the course's small network")
    predict.add_argument(
        "--prevalence",
        type=float,
        default=0.1,
        metavar="SHARE",
        help="how many are sick where it is used, for the predictive values (0.1)",
    )
    predict.add_argument("--csv", metavar="FILE", help="write a row a file")
    predict.add_argument("--json", metavar="FILE", help="write all, for programs")
    predict.add_argument("--picture", metavar="FILE", help="write a PNG with Grad-CAM")
    predict.set_defaults(run=_predict)


def _predict(options: argparse.Namespace) -> int:
    from cxrlib.evaluation import prediction

    if not 0 < options.prevalence < 1:
        raise DataError(
            f"expected --prevalence above 0 and below 1, got {options.prevalence}. Such as 0.1."
        )
    for path, ending in ((options.csv, ".csv"), (options.json, ".json"), (options.picture, ".png")):
        _check_output(path, ending)
    predictor = prediction.load_predictor(options.model or shipped_model())
    answers = []
    for answer in predictor.predict(_files(options.images)):
        print(prediction.to_text(answer, predictor))
        answers.append(answer)
    print(f"\n{prediction.summary(predictor, options.prevalence)}")
    writers: list[tuple[str | None, Callable[[str], None]]] = [
        (options.csv, lambda path: prediction.write_csv(answers, predictor, path)),
        (
            options.json,
            lambda path: prediction.write_json(answers, predictor, options.prevalence, path),
        ),
        (options.picture, lambda path: prediction.write_picture(answers, predictor, path)),
    ]
    for path, write in writers:
        if path:
            try:
                write(path)
            except (OSError, ValueError) as error:
                raise DataError(f"{path}: {error}") from error
            print(f"written to {path}")
    return 1 if any(answer.state == "unreadable" for answer in answers) else 0


def shipped_model() -> Path:
    """Return the file of the network that comes with the package, or beside the records."""
    return experiments.results_folder() / SHIPPED


def _files(names: list[str]) -> list[Path]:
    """List the files that are named, those of a folder in the order of their names."""
    found: list[Path] = []
    for path in map(Path, names):
        inside = sorted(p for p in path.glob("*") if p.suffix.lower() in EXTENSIONS)
        if path.is_dir() and not inside:
            raise DataError(
                f"{path}: expected a folder with {', '.join(EXTENSIONS)}, got none of them in it. "
                "Name files."
            )
        found += inside if path.is_dir() else [path]
    return found


def _check_output(path: str | None, ending: str) -> None:
    if path and Path(path).suffix.lower() != ending:
        name = Path(path).with_suffix(ending).name
        raise DataError(f"expected a name that ends in {ending}, got {path}. Write {name}, say.")
