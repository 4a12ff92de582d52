"""Which copy of a set a table holds: files as published, or brought to one size."""

import pandas as pd
import pytest

from cxrlib.data import DataError, load, provenance, registry
from cxrlib.data.copies import describe, note
from tests.data.conftest import case_table, make_image

MANY = [(300, 200), (280, 210), (320, 190), (260, 230)]
RESIZED = "in a copy resized to 24 × 20 pixels"


def copy_of(key, sizes, **columns):
    """Describe a table of one source whose files have these sizes."""
    source = registry.SOURCES[key]
    width, height = zip(*sizes, strict=True)
    table = case_table(["a"] * len(sizes)).assign(
        source=source.name, width=width, height=height, **columns
    )
    (copy,) = describe(table, [source])
    return copy


@pytest.mark.parametrize(
    ("key", "sizes", "told"),
    [
        # published in many sizes
        ("kermany", MANY, (4, "", "kept")),
        ("kermany", [(224, 224)] * 3, (1, "224 × 224 pixels", "lost")),
        ("kermany", [(224, 224)], (1, "", "kept")),  # one image shows nothing
        ("kermany", [(384, 256)] * 19 + [(256, 300), (99, 70)],
         (3, "256 pixels on the shorter side", "kept")),
        # published in one size
        ("nih", [(1024, 1024)] * 3, (1, "", "kept")),
        ("nih", [(224, 224)] * 3, (1, "224 × 224 pixels", "kept")),
        ("nih", [(224, 168)] * 3, (1, "224 × 168 pixels", "lost")),
        ("nih", MANY, (4, "", "unknown")),
        ("pneumoniamnist-64", [(64, 64)] * 3, (1, "", "kept")),
    ],
)  # fmt: skip
def test_sizes_tell_whether_files_are_as_published(key, sizes, told):
    copy = copy_of(key, sizes)
    assert (copy.sizes, copy.resized, copy.aspect_ratio) == told
    assert copy.images == len(sizes)


def test_masks_are_counted_with_their_maker_and_only_where_there_are_some():
    masks = ["a.png", pd.NA, "b.png", pd.NA]
    copy = copy_of("covid-collection", MANY, mask_path=masks)
    assert (copy.masks, copy.masks_by) == (2, "a network, lungVAE")
    none = copy_of("covid-collection", MANY, mask_path=[pd.NA] * 4)
    assert (none.masks, none.masks_by) == (0, "")
    assert copy_of("kermany", MANY).masks_by == ""


def test_a_part_of_a_table_knows_the_whole_copy_of_its_own_sources(kermany, monkeypatch):
    monkeypatch.setenv("CXR_DATA", str(kermany.parent))
    cases = load("pneumonia", quiet=True)
    for part in (cases[:2], cases[cases.label == "normal"], pd.concat([cases[:1], cases[3:4]])):
        assert provenance(part).images.to_dict() == {"kermany": 7}
    both = pd.concat([case_table(["a"]).assign(source="nih"), cases[:1]])
    both.attrs["copies"] = (copy_of("nih", MANY), *cases.attrs["copies"])
    assert set(provenance(both).index) == {"nih", "kermany"}
    assert list(provenance(both[both.source == "nih"]).index) == ["nih"]
    with pytest.raises(DataError, match="knows its copy, got one made by hand"):
        provenance(case_table(["a"]))


def test_the_note_names_what_was_resized_and_nothing_else(kermany, monkeypatch):
    monkeypatch.setenv("CXR_DATA", str(kermany.parent))
    cases = load("pneumonia", quiet=True)
    assert note(cases).endswith(f"from a folder on this machine, {RESIZED}.")
    one, other = cases.attrs["copies"][0], copy_of("covid-collection", MANY)
    cases.attrs["copies"] = (other, one)
    assert note(cases).endswith("a copy that was resized (kermany to 24 × 20 pixels).")
    make_image(kermany / "train" / "NORMAL" / "IM-0200-0001.jpeg", 50, size=(40, 30))
    assert note(load("pneumonia", quiet=True)).endswith("from a folder on this machine.")


def test_drawn_images_were_never_resized_and_their_masks_are_exact():
    table = case_table(["a"] * 3).assign(source="phantom-nih", mask_path="a.png")
    (copy,) = describe(table, [registry.SOURCES["nih"]])
    assert (copy.resized, copy.aspect_ratio) == ("", "kept")
    assert copy.masks_by == "the program that drew the lungs"


def test_nothing_is_known_of_a_folder_of_your_own(tmp_path):
    for name in ("sick/a", "sick/b", "well/c", "well/d"):
        make_image(tmp_path / f"{name}.png", len(name) + ord(name[-1]))
    cases = load(tmp_path, quiet=True)
    (row,) = provenance(cases).itertuples()
    assert (row.images, row.sizes, row.resized, row.aspect_ratio) == (4, 1, "", "unknown")
    assert "resized" not in note(cases)
