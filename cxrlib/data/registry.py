"""The data sets, as data: where each comes from, what belongs to it, how it is read."""

from __future__ import annotations

from dataclasses import dataclass, field

from cxrlib.data.cases import DataError, did_you_mean


@dataclass(frozen=True)
class Source:
    """One published body of images, as it lies on disk.

    ``name`` stands in the column ``source`` of case tables. ``folder`` is its name below
    ``CXR_DATA`` and below the cache. ``members`` turns names inside the downloaded archive into
    names on disk: (regular expression, replacement); what matches nothing is not unpacked.
    ``file_counts`` lists accepted inventories, each folder → number of files; a source with a
    ``metadata_file`` is complete when that lists at least ``min_images`` X-rays and all of them
    are there. ``names_sha256`` is the SHA-256 of the sorted names, as
    :func:`cxrlib.data.validation.fingerprint` gives it. An archive that GitHub packs when it is
    asked has no ``known_hash``: the same commit may be packed to other bytes another day.
    ``n_patients`` are those whom the reader tells apart in the first inventory.
    ``published_size`` is the (width, height) in pixels of all files as published, None where they
    were published in many sizes. ``masks_by`` says who made the lung masks that come with it.
    """

    name: str
    folder: str
    url: str
    archive: str
    size_mb: int
    license: str
    citation: str
    homepage: str
    known_hash: str | None = None
    members: tuple[tuple[str, str], ...] = ()
    file_counts: tuple[dict[str, int], ...] = ()
    names_sha256: str | None = None
    metadata_file: str | None = None
    min_images: int = 1
    n_patients: int | None = None
    published_size: tuple[int, int] | None = None
    masks_by: str = ""


@dataclass(frozen=True)
class DatasetInfo:
    """What ``load`` knows under one name: its sources, classes and reader.

    ``phantom_set`` is the phantom set that is drawn for it, if not the one of the reader's name.
    """

    title: str
    sources: tuple[str, ...]
    classes: tuple[str, ...]
    reader: str
    phantom_options: dict = field(default_factory=dict)
    phantom_set: str | None = None


PARTS = tuple(f"{split}/{c}" for split in ("train", "test", "val") for c in ("NORMAL", "PNEUMONIA"))

KERMANY = Source(
    name="kermany",
    folder="chest_xray",
    url="https://data.mendeley.com/public-files/datasets/rscbjbr9sj/files/"
    "f12eaf6d-6023-432f-acc9-80c9d7393433/file_downloaded",
    archive="ChestXRay2017.zip",
    size_mb=1200,
    license="CC BY 4.0",
    citation="Kermany et al., Cell 172 (2018), doi:10.1016/j.cell.2018.02.010; "
    "data: doi:10.17632/rscbjbr9sj",
    homepage="https://data.mendeley.com/datasets/rscbjbr9sj/2",
    members=((r"^(?!__MACOSX).*?((?:train|test)/(?:NORMAL|PNEUMONIA)/[^/]+\.jpeg)$", r"\1"),),
    file_counts=(
        # The copy that most articles use: 16 images of train live in a `val` folder of its own.
        dict(zip(PARTS[:4], (1341, 3875, 234, 390), strict=True)),
        # As first published.
        dict(zip(PARTS[:4], (1349, 3883, 234, 390), strict=True)),
    ),
    n_patients=4082,
)

COVID = Source(
    name="collection",
    folder="covid-chestxray-dataset",
    url="https://github.com/hida6/covid-chestxray-dataset/archive/584034a.zip",
    archive="covid-chestxray-dataset-584034a.zip",
    size_mb=300,
    license="stated for each image in the column `license`",
    citation="Cohen et al., COVID-19 Image Data Collection, arXiv:2006.11988",
    homepage="https://github.com/ieee8023/covid-chestxray-dataset",
    members=(
        (r"^[^/]+/(metadata\.csv|images/[^/]+\.(?:jpe?g|png))$", r"\1"),
        (r"^[^/]+/annotations/lungVAE-masks/([^/]+\.png)$", r"masks/\1"),
    ),
    metadata_file="metadata.csv",
    min_images=282,  # those whose licence allows changes
    masks_by="a network, lungVAE",
)

NIH = Source(
    name="nih",
    folder="nih-adult",
    url="https://github.com/muhammedtalo/COVID-19/archive/ee3e2cf.zip",
    archive="nih-adult-ee3e2cf.zip",
    size_mb=600,
    license="NIH ChestX-ray8: free to use, with citation",
    citation="Wang et al., ChestX-ray8, CVPR 2017, doi:10.1109/CVPR.2017.369; "
    "selection: Ozturk et al. 2020, doi:10.1016/j.compbiomed.2020.103792",
    homepage="https://nihcc.app.box.com/v/ChestXray-NIHCC",
    members=(
        (r"^.*/No_findings/([^/]+\.(?:jpe?g|png))$", r"NORMAL/\1"),
        (r"^.*/Pneumonia/([^/]+\.(?:jpe?g|png))$", r"PNEUMONIA/\1"),
    ),
    file_counts=({"NORMAL": 500, "PNEUMONIA": 500},),
    n_patients=682,
    published_size=(1024, 1024),
    names_sha256="b91b630bbc8540819c56cdc134dfb09804655e4916527e0c236b3d689f97a789",
)

_MNIST = {  # pixels a side: MB, MD5
    28: (4, "28209eda62fecd6e6a2d98b1501bb15f"),
    64: (21, "8f4eceb4ccffa70c672198ea285246c6"),
    128: (82, "05b46931834c231683c68f40c47b2971"),
    224: (248, "d6a3c71de1b945ea11211b03746c1fe1"),
}


def _pneumoniamnist(size: int) -> Source:
    size_mb, md5 = _MNIST[size]
    archive = f"pneumoniamnist{'' if size == 28 else f'_{size}'}.npz"
    return Source(
        name="pneumoniamnist",
        folder=f"pneumoniamnist-{size}",
        url=f"https://zenodo.org/records/10519652/files/{archive}?download=1",
        archive=archive,
        size_mb=size_mb,
        known_hash=f"md5:{md5}",
        license="CC BY 4.0",
        citation="Yang et al., MedMNIST v2, Sci Data 10 (2023), doi:10.1038/s41597-022-01721-8; "
        "images: Kermany et al. 2018",
        homepage="https://medmnist.com",
        file_counts=(dict(zip(PARTS, (1214, 3494, 234, 390, 135, 389), strict=True)),),
        published_size=(size, size),
    )


SOURCES = {
    "kermany": KERMANY,
    "covid-collection": COVID,
    "nih": NIH,
    **{f"pneumoniamnist-{s}": _pneumoniamnist(s) for s in _MNIST},
}

_TWO = ("normal", "pneumonia")
DATASETS = {
    "pneumonia": DatasetInfo("Children's pneumonia, two classes", ("kermany",), _TWO, "pneumonia"),
    "covid": DatasetInfo(
        "COVID-19, four classes",
        ("kermany", "covid-collection"),
        ("normal", "bacterial", "viral", "covid"),
        "covid",
    ),
    "covid-collection": DatasetInfo(
        "COVID-19 and other findings, one collection",
        ("covid-collection",),
        ("other", "covid"),
        "covid-collection",
        phantom_set="covid",
    ),
    "adults": DatasetInfo("Adults from another hospital", ("nih",), _TWO, "adults"),
    **{
        name: DatasetInfo(
            f"PneumoniaMNIST at {size} px",
            (f"pneumoniamnist-{size}",),
            _TWO,
            "pneumoniamnist",
            {"size": size},
        )
        for size in _MNIST
        for name in (["pneumoniamnist"] if size == 28 else []) + [f"pneumoniamnist-{size}"]
    },
}


def get(name: str) -> DatasetInfo:
    """Look a data set up; an unknown name raises :class:`DataError` with the nearest known one."""
    if name in DATASETS:
        return DATASETS[name]
    raise DataError(
        f"expected a data set among {', '.join(DATASETS)}, got {name!r}."
        f"{did_you_mean(name, DATASETS)} Or give the path of a folder with one sub-folder a class."
    )
