"""Questions of chapter 04."""

QUESTIONS = [
    (
        "Which of these can a global maximum tell apart?",
        [
            (
                "One nodule from four",
                False,
                "The largest answer is the same, however many there are.",
            ),
            (
                "A nodule on the left from one on the right",
                False,
                "It keeps no place at all.",
            ),
            (
                "A strong nodule from a faint one",
                True,
                "Strength is the one thing it keeps.",
            ),
        ],
    ),
    (
        "A thin bright line, one pixel wide, crosses dark lung. Which pooling keeps it?",
        [
            (
                "The maximum",
                True,
                "One bright pixel in a square is enough for it.",
            ),
            (
                "The mean",
                False,
                "It spreads the line over its dark neighbours, and again at the next pooling.",
            ),
            (
                "Both alike",
                False,
                "Compare the two rows of maps at the top of the chapter.",
            ),
        ],
    ),
    (
        "The picture moves by one pixel under a pooling of two by two. The map",
        [
            (
                "moves by half a place",
                False,
                "There are no half places: other numbers meet in each square.",
            ),
            (
                "stays as it is",
                False,
                "Only where the largest number stays within its square.",
            ),
            (
                "gets other numbers",
                True,
                "Fewer and smaller changes than without pooling, but changes.",
            ),
        ],
    ),
    (
        "The pooled network hardly minds a shift. Will it do well in another hospital?",
        [
            (
                "Yes, it has learned lungs instead of places",
                False,
                "It was moved, not taken anywhere. Exposure and scanner did not change.",
            ),
            (
                "Nobody knows until it is tried there",
                True,
                "A shift is one of many differences, and the easiest.",
            ),
        ],
    ),
]
