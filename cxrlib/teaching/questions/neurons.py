"""Questions of chapter 02."""

QUESTIONS = [
    (
        "A neuron answers 0.99 for a healthy child. What happens in training?",
        [
            (
                "Nothing much: it is only one child",
                False,
                "Sure and wrong is what cross-entropy charges most.",
            ),
            (
                "A large loss, and a strong push against the bright pixels of this picture",
                True,
                "The push is answer minus truth, almost 1, times the pixel.",
            ),
            (
                "The sigmoid overflows",
                False,
                "It stays between 0 and 1 for any sum.",
            ),
        ],
    ),
    (
        "Your gradient differs from the measured one by a half. You should",
        [
            (
                "take a smaller learning rate",
                False,
                "A wrong direction stays wrong in small steps.",
            ),
            (
                "look for the mistake in the formula",
                True,
                "Nudging needs no algebra, so believe it first.",
            ),
            (
                "train longer",
                False,
                "Walking longer in a wrong direction does not help.",
            ),
        ],
    ),
    (
        "On validation few healthy children are called sick, in the test folder many. "
        "What is the likeliest reason?",
        [
            (
                "The pictures of the two folders differ in more than the lungs",
                True,
                "Validation was cut from the training folder, so it could not show this.",
            ),
            (
                "Too few epochs",
                False,
                "Then validation would have suffered as well.",
            ),
            (
                "Chance",
                False,
                "That is what the interval is for: compare the two ranges.",
            ),
        ],
    ),
    (
        "Why does scrambling the pixels of all pictures in the same way not hurt an MLP?",
        [
            (
                "It learns to unscramble them first",
                False,
                "It has nothing to unscramble with, and no need to.",
            ),
            (
                "A sum does not depend on the order of what is added",
                True,
                "Each pixel keeps its weight, wherever both of them stand.",
            ),
        ],
    ),
]
