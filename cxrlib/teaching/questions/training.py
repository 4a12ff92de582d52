"""Questions of chapter 05."""

QUESTIONS = [
    (
        "A film was taken too dark. After which preprocessing can the network no longer tell?",
        [
            (
                "Divided by 255",
                False,
                "The same film in another unit. Dark stays dark.",
            ),
            (
                "Featurewise: mean and spread of the training set",
                False,
                "All films move together, so a dark one stays darker than the rest.",
            ),
            (
                "Samplewise: mean and spread of the film itself",
                True,
                "Its own mean is taken away, and with it the exposure.",
            ),
        ],
    ),
    (
        "For three epochs the validation accuracy stands still at the share of the sick, while "
        "the loss falls. What goes on?",
        [
            (
                "Nothing is learned; stop it",
                False,
                "The loss falls: the sick already get higher answers than the healthy.",
            ),
            (
                "All answers are still above one half, but they move apart",
                True,
                "Accuracy sees an answer only when it crosses the line. The loss sees it move.",
            ),
            (
                "It overfits",
                False,
                "Then the validation loss would rise.",
            ),
        ],
    ),
    (
        "The training loss is a little above the validation loss. What is the likeliest reason?",
        [
            (
                "The training pictures are harder",
                False,
                "Possible, but both were cut from one folder at random.",
            ),
            (
                "It was measured with dropout, and while the weights were still on their way",
                True,
                "Validation is measured afterwards, with all neurons at work.",
            ),
            (
                "Validation children were trained on",
                False,
                "Always worth a check, by patient. Here it was checked.",
            ),
        ],
    ),
    (
        "Somebody looks at the test accuracy after every epoch and reports the best one. It is",
        [
            (
                "right: it was measured on test children",
                False,
                "It was also chosen by them: some of it is luck that will not come again.",
            ),
            (
                "too high, on the whole",
                True,
                "The best of many swings is above what the next children would give.",
            ),
            (
                "too low, because the early epochs are bad",
                False,
                "The early epochs are not what is reported. The best one is.",
            ),
        ],
    ),
]
