"""The data sets, as data: where each comes from, what belongs to it, how it is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from cxrlib.data.cases import DataError, did_you_mean


@dataclass(frozen=True)
class Collection:
    """One published body of pictures, as it lies on disk.

    ``folder`` is its name below ``CXR_DATA`` and below the cache. ``members`` turns names inside
    the downloaded archive into names on disk: (regular expression, replacement); what matches
    nothing is not unpacked. ``counts`` lists accepted inventories, each folder → number of files;
    a collection that brings its own list (``metadata.csv``) is complete when that lists at least
    ``least`` X-rays and all of them are there. ``names`` is the SHA-256 of the sorted names, as
    :func:`cxrlib.data.download.fingerprint` gives it. An archive that GitHub packs when it is
    asked has no ``hash``: the same commit may be packed to other bytes another day.
    """

    folder: str
    url: str
    archive: str
    megabytes: int
    licence: str
    citation: str
    home: str
    hash: str | None = None
    members: tuple[tuple[str, str], ...] = ()
    counts: tuple[dict[str, int], ...] = ()
    names: str | None = None
    listing: str | None = None
    least: int = 1


@dataclass(frozen=True)
class DataSet:
    """What ``load`` knows under one name: its collections, classes and reader.

    ``phantoms`` is the phantom set that is drawn for it, if not the one of the reader's name.
    """

    title: str
    collections: tuple[str, ...]
    classes: tuple[str, ...]
    reader: str
    options: dict = field(default_factory=dict)
    phantoms: str | None = None


PARTS = tuple(f"{split}/{c}" for split in ("train", "test", "val") for c in ("NORMAL", "PNEUMONIA"))

KERMANY = Collection(
    folder="chest_xray",
    url="https://data.mendeley.com/public-files/datasets/rscbjbr9sj/files/"
    "f12eaf6d-6023-432f-acc9-80c9d7393433/file_downloaded",
    archive="ChestXRay2017.zip",
    megabytes=1200,
    licence="CC BY 4.0",
    citation="Kermany et al., Cell 172 (2018), doi:10.1016/j.cell.2018.02.010; "
    "data: doi:10.17632/rscbjbr9sj",
    home="https://data.mendeley.com/datasets/rscbjbr9sj/2",
    members=((r"^(?!__MACOSX).*?((?:train|test)/(?:NORMAL|PNEUMONIA)/[^/]+\.jpeg)$", r"\1"),),
    counts=(
        # The copy that most articles use: 16 pictures of train live in a `val` folder of its own.
        dict(zip(PARTS[:4], (1341, 3875, 234, 390), strict=True)),
        # As first published.
        dict(zip(PARTS[:4], (1349, 3883, 234, 390), strict=True)),
    ),
)

COVID = Collection(
    folder="covid-chestxray-dataset",
    url="https://github.com/hida6/covid-chestxray-dataset/archive/584034a.zip",
    archive="covid-chestxray-dataset-584034a.zip",
    megabytes=300,
    licence="stated for each picture in the column `license`",
    citation="Cohen et al., COVID-19 Image Data Collection, arXiv:2006.11988",
    home="https://github.com/ieee8023/covid-chestxray-dataset",
    members=(
        (r"^[^/]+/(metadata\.csv|images/[^/]+\.(?:jpe?g|png))$", r"\1"),
        (r"^[^/]+/annotations/lungVAE-masks/([^/]+\.png)$", r"masks/\1"),
    ),
    listing="metadata.csv",
    least=282,  # those whose licence allows changes
)

NIH = Collection(
    folder="nih-adult",
    url="https://github.com/muhammedtalo/COVID-19/archive/ee3e2cf.zip",
    archive="nih-adult-ee3e2cf.zip",
    megabytes=600,
    licence="NIH ChestX-ray8: free to use, with citation",
    citation="Wang et al., ChestX-ray8, CVPR 2017, doi:10.1109/CVPR.2017.369; "
    "selection: Ozturk et al. 2020, doi:10.1016/j.compbiomed.2020.103792",
    home="https://nihcc.app.box.com/v/ChestXray-NIHCC",
    members=(
        (r"^.*/No_findings/([^/]+\.(?:jpe?g|png))$", r"NORMAL/\1"),
        (r"^.*/Pneumonia/([^/]+\.(?:jpe?g|png))$", r"PNEUMONIA/\1"),
    ),
    counts=({"NORMAL": 500, "PNEUMONIA": 500},),
    names="b91b630bbc8540819c56cdc134dfb09804655e4916527e0c236b3d689f97a789",
)

_MNIST_MD5 = {
    28: "28209eda62fecd6e6a2d98b1501bb15f",
    64: "8f4eceb4ccffa70c672198ea285246c6",
    128: "05b46931834c231683c68f40c47b2971",
    224: "d6a3c71de1b945ea11211b03746c1fe1",
}
_MNIST_MEGABYTES = {28: 4, 64: 21, 128: 82, 224: 248}


def _pneumoniamnist(size: int) -> Collection:
    archive = f"pneumoniamnist{'' if size == 28 else f'_{size}'}.npz"
    return Collection(
        folder=f"pneumoniamnist-{size}",
        url=f"https://zenodo.org/records/10519652/files/{archive}?download=1",
        archive=archive,
        megabytes=_MNIST_MEGABYTES[size],
        hash=f"md5:{_MNIST_MD5[size]}",
        licence="CC BY 4.0",
        citation="Yang et al., MedMNIST v2, Sci Data 10 (2023), doi:10.1038/s41597-022-01721-8; "
        "pictures: Kermany et al. 2018",
        home="https://medmnist.com",
        counts=(dict(zip(PARTS, (1214, 3494, 234, 390, 135, 389), strict=True)),),
    )


COLLECTIONS = {
    "kermany": KERMANY,
    "covid-collection": COVID,
    "nih": NIH,
    **{f"pneumoniamnist-{s}": _pneumoniamnist(s) for s in _MNIST_MD5},
}

_TWO = ("normal", "pneumonia")
DATASETS = {
    "pneumonia": DataSet("Children's pneumonia, two classes", ("kermany",), _TWO, "pneumonia"),
    "covid": DataSet(
        "COVID-19, four classes",
        ("kermany", "covid-collection"),
        ("normal", "bacterial", "viral", "covid"),
        "covid",
    ),
    "covid-collection": DataSet(
        "COVID-19 and other findings, one collection",
        ("covid-collection",),
        ("other", "covid"),
        "covid-collection",
        phantoms="covid",
    ),
    "adults": DataSet("Adults from another hospital", ("nih",), _TWO, "adults"),
    **{
        name: DataSet(
            f"PneumoniaMNIST at {size} px",
            (f"pneumoniamnist-{size}",),
            _TWO,
            "pneumoniamnist",
            {"size": size},
        )
        for size in _MNIST_MD5
        for name in (["pneumoniamnist"] if size == 28 else []) + [f"pneumoniamnist-{size}"]
    },
}


def get(name: str) -> DataSet:
    """Look a data set up; an unknown name raises :class:`DataError` with the nearest known one."""
    if name in DATASETS:
        return DATASETS[name]
    raise DataError(
        f"unknown data set {name!r}.{did_you_mean(name, DATASETS)} Known: {', '.join(DATASETS)}; "
        "or give the path of a folder with one sub-folder a class."
    )
