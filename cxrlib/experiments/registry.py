"""Which papers and studies there are."""

from __future__ import annotations

from pathlib import Path

from cxrlib.data import DataError
from cxrlib.data.cases import did_you_mean
from cxrlib.experiments import better_model, small_network
from cxrlib.experiments.specification import Paper, Study, read_paper, shipped_papers

PAPERS: dict[str, Paper] = {paper.id: paper for paper in map(read_paper, shipped_papers())}
STUDIES: dict[str, Study] = {
    id: study
    for studies in (
        *(paper.studies for paper in PAPERS.values()),
        better_model.STUDIES,
        small_network.STUDIES,
    )
    for id, study in studies.items()
}


def get(id: str) -> Study:
    """Return a study by its id.

    Raises
    ------
    DataError
        If there is none; the nearest id is given.
    """
    if id not in STUDIES:
        raise DataError(
            f"expected the id of a study, got {id!r}.{did_you_mean(id, STUDIES)} "
            f"Known: {', '.join(STUDIES)}."
        )
    return STUDIES[id]


def find(name: str) -> list[Study]:
    """Return the studies that a name stands for.

    Parameters
    ----------
    name : str
        Of a study, of a paper, or of a JSON file that describes a paper: all its studies.

    Raises
    ------
    DataError
        If there is none, or the file is no paper.
    """
    if name.endswith(".json"):
        return list(_own(name).values())
    return list(PAPERS[name].studies.values()) if name in PAPERS else [get(name)]


def _own(path: str) -> dict[str, Study]:
    """Return the studies of a paper's file; refuse those whose records would replace others."""
    paper = read_paper(path)
    shipped = {file.resolve() for file in shipped_papers()}
    taken = [id for id in paper.studies if id in STUDIES]
    if taken and Path(path).resolve() not in shipped:
        raise DataError(
            f"{path}: expected studies of your own, got {taken[0]}, whose record comes with the "
            "course and would be replaced. Change the paper's `id`."
        )
    return paper.studies
