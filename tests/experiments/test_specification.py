import copy
import json

import pytest

from cxrlib.data import DataError
from cxrlib.experiments import better_model, registry, small_network, specification
from cxrlib.experiments.settings import DEFAULTS

PAPER = {
    "id": "mine",
    "title": "A network",
    "url": "https://example.org/network",
    "article": None,
    "summary": "A network, trained.",
    "data": "The children's set.",
    "split": "By image.",
    "model": "Four convolutions.",
    "evaluation": "Accuracy.",
    "claims": [
        {
            "words": "All right.",
            "metric": "test accuracy",
            "value": 1,
            "as_published": "as-published",
            "repaired": "repaired",
        }
    ],
    "fault": {"name": "A leak", "words": "Split by image.", "code": ["split(images)"]},
    "repair": {"words": "Split by patient.", "code": ["split(patients)"]},
    "method": "from_scratch",
    "config": {"size": 64},
    "notes": ["Of one machine."],
    "studies": {
        "as-published": {"title": "As published", "config": {"epochs": 3}, "notes": ["Watched."]},
        "repaired": {"title": "Repaired", "based_on": "as-published", "config": {"patience": 2}},
        "longer": {
            "title": "Longer",
            "based_on": "repaired",
            "config": {"epochs": 9},
            "notes": [],
            "seeds": [0, 1],
            "id": "study-longer",
        },
    },
    "not_reproduced": [],
}


def written(tmp_path, *changes):
    """Write the paper with other values at places, such as (5, "studies", "repaired", "seeds")."""
    paper = copy.deepcopy(PAPER)
    for value, *place in changes:
        inner = paper
        for step in place[:-1]:
            inner = inner[step]
        if value is None:
            del inner[place[-1]]
        else:
            inner[place[-1]] = value
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(paper))
    return path


def test_studies_name_what_differs_and_have_every_setting(tmp_path):
    paper = specification.read_paper(written(tmp_path))
    first, repaired, longer = paper.studies.values()
    assert list(paper.studies) == ["mine-as-published", "mine-repaired", "study-longer"]
    assert first.config == DEFAULTS["from_scratch"] | {"size": 64, "epochs": 3}
    assert repaired.config == first.config | {"patience": 2}
    assert longer.config == first.config | {"patience": 2, "epochs": 9}
    assert [each.notes for each in paper.studies.values()] == [
        ("Watched.", "Of one machine."),
        ("Watched.", "Of one machine."),
        ("Of one machine.",),
    ]
    assert (repaired.seeds, longer.seeds) == ((0,), (0, 1))
    (claim,) = paper.claims
    assert (claim["as_published"], claim["repaired"]) == ("mine-as-published", "mine-repaired")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((None, "fault"), r"mine.json: fields: expected id, .* got fault missing"),
        ((1, "colour"), "got colour besides"),
        (("ftp://x", "url"), "url: expected an address that begins with https://"),
        (([], "claims"), "claims: expected a list of what it claims"),
        ((["x"] * 6, "fault", "code"), r"fault.code: expected one to five lines of code"),
        (("from_scrtch", "method"), "method: expected one of .*Did you mean 'from_scratch'"),
        (({"epoch": 3}, "config"), r"config: expected one of .*got 'epoch'.*Did you mean 'epochs'"),
        (({"data": "pneumona"}, "config"), r"config.data: .*Did you mean 'pneumonia'"),
        (("repared", "claims", 0, "repaired"), "claims.repaired: .*Did you mean 'repaired'"),
        (("longr", "studies", "repaired", "based_on"), "based_on: .*Did you mean 'longer'"),
        (("longer", "studies", "as-published", "based_on"), "without going round, got .* → "),
        (([0, 0], "studies", "longer", "seeds"), "seeds: expected a list of different seeds"),
        (({}, "studies"), "studies: expected key → study"),
        (("mine-repaired", "studies", "longer", "id"), "an id of its own .* got mine-repaired"),
        (({"epochs": -1}, "config"), "config.epochs: expected a whole number from 0, got -1"),
        (({"size": True}, "config"), "config.size: expected a whole number from 1, got True"),
        (({"data": ["pneumonia"]}, "config"), "config.data: expected a name"),
        (({"validation": {"patient": 0.2}}, "config"), r'validation: expected "test", or one of'),
        (({"validation": "tset"}, "config"), r'validation: expected "test", or one of'),
        (({"validation": "test", "patience": 2}, "config"), "on the test set .* without patience"),
        (("test F1", "claims", 0, "metric"), "metric: expected one of test accuracy"),
    ],
)
def test_what_is_wrong_with_a_paper_is_said_with_its_file(tmp_path, change, message):
    with pytest.raises(DataError, match=message):
        specification.read_paper(written(tmp_path, change))


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_a_file_that_is_no_paper_is_refused(tmp_path, text):
    path = tmp_path / "paper.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DataError, match=r"paper\.json: .*expected"):
        specification.read_paper(path)


def test_a_setting_of_one_kind_of_network_is_known_too(tmp_path):
    ensemble = {"n_groups": 4, "members": [{"epoch": 3}]}
    path = written(tmp_path, ("ensemble", "method"), (ensemble, "config"))
    with pytest.raises(DataError, match=r"members: expected one of .*Did you mean 'epochs'"):
        specification.read_paper(path)


def test_a_strangers_paper_does_not_replace_the_courses_records(tmp_path):
    (shipped,) = [path for path in specification.shipped_papers() if path.stem == "article-3"]
    copied = tmp_path / "mine.json"
    copied.write_text(shipped.read_text())
    with pytest.raises(DataError, match=r"got article-3-as-published.*Change the paper's `id`"):
        registry.find(str(copied))
    copied.write_text(shipped.read_text().replace('"id": "article-3"', '"id": "mine"'))
    assert registry.find(str(copied))[0].id == "mine-as-published"


def test_no_study_replaces_another():
    ids = [id for paper in registry.PAPERS.values() for id in paper.studies]
    ids += [*better_model.STUDIES, *small_network.STUDIES]
    assert len(ids) == len(set(ids)) == len(registry.STUDIES)


def test_a_study_names_only_what_it_changes():
    for path in specification.shipped_papers():
        paper, known = json.loads(path.read_text()), specification.read_paper(path).studies
        for key, draft in paper["studies"].items():
            if "based_on" in draft:
                id, base = (
                    paper["studies"][k].get("id", f"{paper['id']}-{k}")
                    for k in (key, draft["based_on"])
                )
                same = [n for n, v in draft["config"].items() if known[base].config[n] == v]
                assert same == [], id


def test_each_of_the_five_articles_comes_with_its_fault_and_a_repair():
    five = [paper for paper in registry.PAPERS.values() if paper.article is not None]
    assert sorted(paper.article for paper in five) == [0, 1, 2, 3, 4]
    for paper in registry.PAPERS.values():
        for claim in paper.claims:
            published, repaired = (registry.get(claim[role]) for role in specification.ROLES)
            assert published.config != repaired.config
            assert published.article == repaired.article == paper.article
