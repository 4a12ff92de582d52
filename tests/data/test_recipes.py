import pytest

from cxrlib.data import DataError
from cxrlib.data.recipes import PRESETS, Recipe, preset


def test_a_preset_is_found_by_name_and_a_recipe_is_handed_back():
    assert preset("plausible") is PRESETS["plausible"]
    mine = Recipe(rotation=3)
    assert preset(mine) is mine


def test_the_articles_settings_are_theirs():
    assert (PRESETS["article-0"].zoom, PRESETS["article-0"].shift) == (0.2, 0.1)
    assert (PRESETS["article-3"].rotation, PRESETS["article-3"].zoom) == (40, 0.2)
    assert (PRESETS["article-4"].rotation, PRESETS["article-4"].upside_down) == (50, True)


def test_plausible_is_position_and_exposure_together():
    parts = PRESETS["position"], PRESETS["exposure"]
    names = ("rotation", "shift", "zoom", "contrast", "brightness", "gamma")
    for name in names:
        assert getattr(PRESETS["plausible"], name) == sum(getattr(p, name) for p in parts)
    assert not PRESETS["plausible"].mirror  # the heart lies on one side


def test_it_knows_whether_it_moves_or_exposes():
    kinds = {name: (recipe.moves, recipe.exposes) for name, recipe in PRESETS.items()}
    assert kinds["none"] == (False, False)
    assert kinds["position"] == (True, False)
    assert kinds["exposure"] == (False, True)
    assert kinds["plausible"] == (True, True)


@pytest.mark.parametrize("name", ["plausable", "Plausible", "article 3", ""])
def test_an_unknown_name_lists_the_known(name):
    with pytest.raises(DataError, match="Known: none, position"):
        preset(name)


@pytest.mark.parametrize(
    "limits",
    [{"rotation": -5}, {"rotation": 200}, {"zoom": 1.0}, {"shift": float("nan")},
     {"contrast": True}, {"shear": 90}],
)  # fmt: skip
def test_impossible_ranges_are_refused(limits):
    with pytest.raises(DataError, match=f"{next(iter(limits))} must be from 0 to"):
        Recipe(**limits)


def test_an_unknown_fill_is_refused():
    with pytest.raises(DataError, match=r"nearest, constant, reflect, wrap.*'black'"):
        Recipe(fill="black")
