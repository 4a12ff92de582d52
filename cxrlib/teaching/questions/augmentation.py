"""Questions of chapter 06."""

QUESTIONS = [
    (
        "Which of these changes could another day in the same hospital have made?",
        [
            (
                "Turned by four degrees",
                True,
                "Few children lie quite straight.",
            ),
            (
                "A little darker",
                True,
                "Doses and development differ.",
            ),
            (
                "Upside down",
                False,
                "Films are put up with the neck at the top.",
            ),
            (
                "A third wider, and no taller",
                False,
                "A film enlarges both ways alike.",
            ),
        ],
    ),
    (
        "A network is to say in which lung the pneumonia sits. May its films be mirrored?",
        [
            (
                "Yes, as for the question whether there is one",
                False,
                "For that question the side does not matter. Here it is the answer.",
            ),
            (
                "Only if the label is mirrored too",
                True,
                "Then picture and label agree again. The heart is still on the wrong side.",
            ),
            (
                "Yes, since pneumonia may sit in either lung",
                False,
                "A left one would be taught as a right one.",
            ),
        ],
    ),
    (
        "With augmentation the training loss is higher than before. What does that say?",
        [
            (
                "That something is broken",
                False,
                "Nothing needs to be: the films are harder and never the same twice.",
            ),
            (
                "That the network cannot learn its films by heart as easily",
                True,
                "Judge it by the validation films, as they are.",
            ),
            (
                "That validation will be worse",
                False,
                "It may be better, equal or worse. Measure it, several times.",
            ),
        ],
    ),
    (
        "A team shows each validation film in ten changed copies. What do they gain?",
        [
            (
                "Ten times as many patients",
                False,
                "Ten copies of a child are one child.",
            ),
            (
                "A narrower interval that can be believed",
                False,
                "An interval is about other children, and there are none.",
            ),
            (
                "The answer to another question: how the network reads changed films",
                True,
                "It may be worth asking, under its own name and beside the films as they are.",
            ),
        ],
    ),
]
