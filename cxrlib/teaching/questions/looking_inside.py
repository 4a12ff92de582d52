"""Questions of chapter 11."""

QUESTIONS = [
    (
        "The last maps have 5 by 5 cells, the film 160 by 160 pixels. The heat map on the page is "
        "smooth. How sharply can it tell a place?",
        [
            (
                "To the pixel, since it was drawn in the film's size",
                False,
                "It was stretched. Stretching adds soft outlines, and no knowledge.",
            ),
            (
                "To a cell, 32 by 32 pixels",
                True,
                "And even a cell has seen more of the film than it covers.",
            ),
            (
                "Not at all, a network has no places",
                False,
                "A convolution keeps them. Only the last average gives them up.",
            ),
        ],
    ),
    (
        "A network lays its maps out in a row. Its Grad-CAM never lies on the lesion; cover the "
        "lesion, and the score falls. What follows?",
        [
            (
                "The network does not look at the lesion",
                False,
                "It does: without the lesion it answers otherwise.",
            ),
            (
                "The lesions' outlines must be wrong",
                False,
                "They can be, with people. Here covering agrees with them.",
            ),
            (
                "This map does not fit this network",
                True,
                "One weight a map is an average over places, which this network does not take.",
            ),
        ],
    ),
    (
        "A paper: “Grad-CAM hit the lesion in 60 % of the films.” What is missing most?",
        [
            (
                "The tolerance, and how often a blind dart would hit",
                True,
                "With large lesions and a generous tolerance, 60 % may be no better than blind.",
            ),
            (
                "The colours of the map",
                False,
                "They decide how it looks, and not where it is highest.",
            ),
            (
                "The accuracy of the network",
                False,
                "Good to know. But it does not say what a hit rate is worth.",
            ),
        ],
    ),
    (
        "You draw all weights of a network anew, and its heat map stays as it was. What have you "
        "learned?",
        [
            (
                "The network is robust",
                False,
                "Its knowledge is gone. A map that does not notice says nothing about it.",
            ),
            (
                "The map is a drawing of the film",
                True,
                "Whatever it shows, it is not what the network has learned.",
            ),
            (
                "The lesion is so plain that any network finds it",
                False,
                "Random weights find nothing on purpose.",
            ),
        ],
    ),
    (
        "In your ward a network calls a child sick, and its heat map lies on the right lung, just "
        "where you see a shadow. How much more should you trust its score?",
        [
            (
                "Much more: it looked where a doctor looks",
                False,
                "The network that went by grain also pointed at lesions.",
            ),
            (
                "Hardly: the map does not say what was read there",
                True,
                "It could have accused the network. It cannot acquit it.",
            ),
            (
                "Less: heat maps are always wrong",
                False,
                "They found the letter in the corner. Doubt is what they are good for.",
            ),
        ],
    ),
]
