"""Tables of the data sets.

``{inventory-table}`` shows what belongs to each published set, and ``{participants-table}`` whose
images went into each recorded run.
"""

from markdown_tables import MarkdownDirective, table

from cxrlib import experiments
from cxrlib.data import registry

SPLITS = {"train": "Training", "val": "Validation", "test": "Test"}


def images(counts: dict[str, int]) -> str:
    """Return the images of each class, those of an absent one left out."""
    return ", ".join(f"{n:,} {name.lower()}" for name, n in counts.items() if n)


def inventory(file_counts: dict[str, int]) -> str:
    """Return the files of each folder of an inventory, folder by folder."""
    parts: dict[str, dict[str, int]] = {}
    for folder, n in file_counts.items():
        split, _, label = folder.rpartition("/")
        parts.setdefault(split, {})[label] = n
    return " · ".join(f"{k}: {images(v)}" if k else images(v) for k, v in parts.items())


class InventoryTable(MarkdownDirective):
    """Files and patients of each published set, from the registry that ``verify`` goes by."""

    def markdown(self) -> str:
        """Write the table."""
        rows: dict[str, list[str]] = {}  # the sizes of one set share an inventory
        for name, dataset in registry.DATASETS.items():
            if len(dataset.sources) > 1:
                continue
            source = registry.SOURCES[dataset.sources[0]]
            if not source.file_counts:
                row = [f"`{name}`", f"at least {source.min_images:,}", "as listed", "as listed"]
                rows.setdefault(name, row)
            for i, counts in enumerate(source.file_counts):
                patients = None if i else source.n_patients
                who = f"{patients:,}" if patients else "not counted" if i else "not known"
                row = [f"`{name}`", f"{sum(counts.values()):,}", inventory(counts), who]
                rows.setdefault(source.name + row[2], row)
        return table(["Set", "Images", "In folders", "Patients"], list(rows.values()))


class ParticipantsTable(MarkdownDirective):
    """Images and patients of each split, for all records that were run on the same images."""

    def markdown(self) -> str:
        """Write the table."""
        same: dict[str, list[experiments.Record]] = {}
        for record in map(experiments.read, experiments.list_ids()):
            same.setdefault(record.data["fingerprint"], []).append(record)
        rows = []
        for records in same.values():
            data, ids = records[0].data, [record.id for record in records]
            cells = {split: self.part(data, split) for split in data["counts"]}
            if held_back := cells.pop("shifted", ""):
                cells["val"] += f"; held back: {held_back}"
            names = ", ".join(ids[:2]) + (f" and {len(ids) - 2} more" if len(ids) > 2 else "")
            parts = [*(cells.get(k, "–") for k in SPLITS), self.on_both_sides(data)]
            rows.append([f"`{data['name']}`", *parts, names])
        return table(["Set", *SPLITS.values(), "On both sides", "Records"], rows)

    @staticmethod
    def part(data: dict, split: str) -> str:
        """Return the images of one split by class, and their patients."""
        who = data["patients"][split]
        patients = f"{who:,} patients" if who is not None else "patients not known"
        return f"{images(data['counts'][split])}; {patients}"

    @staticmethod
    def on_both_sides(data: dict) -> str:
        """Return how many patients the splits have beyond those of the published set."""
        info = registry.DATASETS.get(data["name"])
        source = registry.SOURCES[info.sources[0]] if info and len(info.sources) == 1 else None
        n_images = sum(sum(counts.values()) for counts in data["counts"].values())
        if not (source and source.n_patients) or n_images != sum(source.file_counts[0].values()):
            return "not counted"  # a part of a set: nobody wrote down how many are in it
        return f"{sum(data['patients'].values()) - source.n_patients:,}"


def add_directives(app):
    """Add those of this module."""
    app.add_directive("inventory-table", InventoryTable)
    app.add_directive("participants-table", ParticipantsTable)
