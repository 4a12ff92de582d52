"""Exercises of chapter 06: what a shift invents, a turn's unit, how many images there are."""

from __future__ import annotations

from cxrlib.teaching.exercises.base import Exercise

check_invented = Exercise(
    level="easy",
    minutes=5,
    task="Which share of the image is invented?",
    solution=lambda r, d: 1 - (1 - abs(r)) * (1 - abs(d)),
    mistakes={
        "that is the share of the image that is *left*.": lambda r, d: (1 - abs(r)) * (1 - abs(d)),
        "the corner between the two strips is counted twice.": lambda r, d: abs(r) + abs(d),
        "that is only the corner, where both strips meet.": lambda r, d: abs(r * d),
        "a strip comes in at one side only: the other side moves out of the image.": (
            lambda r, d: 1 - (1 - 2 * abs(r)) * (1 - 2 * abs(d))
        ),
        "to the left or up, as much is made up: the sign does not matter.": (
            lambda r, d: 1 - (1 - r) * (1 - d)
        ),
        "down counts as well.": lambda r, d: abs(r),
        "right counts as well.": lambda r, d: abs(d),
        "both strips are made up, not only the wider one.": lambda r, d: max(abs(r), abs(d)),
        "a share is between 0 and 1, not percent.": (
            lambda r, d: 100 * (1 - (1 - abs(r)) * (1 - abs(d)))
        ),
    },
    cases=[(0.2, 0.0), (0.0, 0.25), (0.2, 0.2), (0.1, 0.3), (-0.1, 0.2), (-0.2, -0.1), (0.0, 0.0)],
    arg_names=("right", "down"),
    success="What is left is a rectangle: at 20 % each way, 64 % of the image.",
    default_hint="draw the image's rectangle, moved. How much of the image does it still cover?",
)
"""``my_invented(right, down)``: share of an image that a shift by these shares makes up."""


check_turn_factor = Exercise(
    level="easy",
    minutes=5,
    task="Which factor turns by up to so many degrees, to both sides?",
    solution=lambda d: d / 360,
    mistakes={
        "a full turn has 360 degrees.": lambda d: d / 180,
        "the factor already goes to both sides: don't halve it.": lambda d: d / 720,
        "it is no percentage, but a share of a full turn.": lambda d: d / 100,
        "these are radians. Keras wants the share of a full turn here.": (
            lambda d: d * 3.141592653589793 / 180
        ),
        "these are still degrees.": lambda d: d,
        "the other way round: divide by the full turn.": lambda d: 360 / d,
        "a quarter turn is 90 degrees; a *full* one is asked for.": lambda d: d / 90,
    },
    cases=[(10,), (36,), (90,), (180,), (5,)],
    arg_names=("degrees",),
    success="10 degrees are 0.028, and 0.1 is 36 degrees.",
    default_hint="which share of a full turn is it?",
)
"""``my_factor(degrees)``: factor with which ``RandomRotation`` turns by up to ``degrees``."""


check_copies = Exercise(
    level="easy",
    minutes=5,
    task="How many different images does the network see, with and without a recipe?",
    solution=lambda e, n, aug: e * n if aug else n,
    mistakes={
        "without a recipe the same images come again in every epoch.": lambda e, n, aug: e * n,
        "with a recipe every epoch brings new images.": lambda e, n, aug: n,
        "the two cases have changed places.": lambda e, n, aug: n if aug else e * n,
        "the images as they are do not come as well: each is changed every time.": (
            lambda e, n, aug: (e + 1) * n if aug else n
        ),
        "an image is changed in the first epoch too.": lambda e, n, aug: (e - 1) * n if aug else n,
        "one changed copy an image and *epoch*, not one an image.": (
            lambda e, n, aug: 2 * n if aug else n
        ),
        "count all images, not one.": lambda e, n, aug: e if aug else 1,
    },
    cases=[(30, 120, True), (30, 120, False), (10, 700, True), (1, 50, True), (5, 8, False)],
    arg_names=("epochs", "n_images", "augmented"),
    success="New images every epoch, but never a new child.",
    default_hint="count one epoch first, then ask whether the next one brings the same images.",
)
"""``my_count(epochs, n_images, augmented)``: how many different images a network sees."""
