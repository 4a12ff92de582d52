import pytest

from cxrlib.data import DataError
from cxrlib.data.recipes import PRESETS, Augmentation, get


def test_plausible_is_position_and_exposure_together_and_never_mirrored():
    position, exposure, both = (PRESETS[name] for name in ("position", "exposure", "plausible"))
    for name in ("rotation", "translation", "zoom", "contrast", "brightness", "gamma"):
        assert getattr(both, name) == getattr(position, name) + getattr(exposure, name)
    kinds = [(p.is_geometric, p.is_photometric) for p in (PRESETS["none"], position, exposure)]
    assert kinds == [(False, False), (True, False), (False, True)]
    assert not both.horizontal_flip  # the heart lies on one side


def test_an_unknown_name_lists_the_known_and_the_nearest():
    with pytest.raises(DataError, match=r"among none, position.* Did you mean 'plausible'"):
        get("Plausable")


@pytest.mark.parametrize(
    "limits",
    [{"rotation": -5}, {"rotation": 200}, {"zoom": 1.0}, {"translation": float("nan")},
     {"contrast": True}, {"shear": 90}, {"fill_mode": "black"}, {"gamma": "0.2"},
     {"vertical_flip": 1.0}, {"horizontal_flip": 0.5}, {"flip_probability": 1.5}],
)  # fmt: skip
def test_impossible_recipes_are_refused(limits):
    with pytest.raises(DataError, match=f"expected `{next(iter(limits))}` .*, got"):
        Augmentation(**limits)


TURNED, DARKER, MIRRORED = {"rotation": 10}, {"brightness": 0.2}, {"horizontal_flip": True}
BLACK = TURNED | {"fill_mode": "constant"}


def test_settings_and_names_make_a_recipe_also_within_one_another():
    made = get({"one_of": [BLACK, "exposure", Augmentation(**MIRRORED)]})
    assert made.one_of == (Augmentation(**BLACK), PRESETS["exposure"], Augmentation(**MIRRORED))
    assert get(made) is made
    assert get(TURNED) == Augmentation(rotation=10)
    assert hash(made) == hash(eval(repr(made)))  # nothing lost, and lists became tuples


def test_settings_that_are_not_known_are_named_with_the_nearest():
    for wrong in ({"rotate": 5}, {"one_of": [DARKER, {"rotate": 5}]}):
        with pytest.raises(DataError, match=r"got 'rotate'\. Did you mean 'rotation'"):
            get(wrong)
    with pytest.raises(DataError, match=r"an augmentation among none, .* got \['none'\]"):
        get(["none"])


def test_one_of_several_has_what_its_recipes_have():
    for recipes, kinds in (
        ([TURNED, DARKER], (True, True)),
        ([MIRRORED, "none"], (True, False)),
        (["none", {"gamma": 0.1}], (False, True)),
    ):
        made = Augmentation(one_of=recipes)
        assert (made.is_geometric, made.is_photometric) == kinds


def test_one_of_several_fills_in_one_way():
    """What only flips or changes greys takes nothing from outside."""
    made = Augmentation(one_of=[DARKER, BLACK, MIRRORED])
    assert made.fill_mode == "constant"
    assert Augmentation(one_of=[MIRRORED, made]).fill_mode == "constant"
    assert Augmentation(one_of=[TURNED, DARKER]).fill_mode == "nearest"
    for wrong in (
        {"one_of": [BLACK, TURNED]},
        {"one_of": [TURNED, {"one_of": [BLACK]}]},
        {"one_of": [TURNED], "fill_mode": "constant"},
    ):
        with pytest.raises(DataError, match="got constant, nearest"):
            get(wrong)


def test_one_of_several_has_no_settings_beside_it():
    with pytest.raises(DataError, match="got rotation, zoom beside it"):
        Augmentation(one_of=[DARKER], zoom=0.1, rotation=5, description="Two ways.")
