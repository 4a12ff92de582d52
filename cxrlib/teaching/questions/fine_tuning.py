"""Questions of chapter 10."""

QUESTIONS = [
    (
        "Somebody unfreezes a whole backbone under a new head and trains with a learning rate of "
        "0.01 for everything. After an epoch the network guesses. What happened?",
        [
            (
                "The backbone was not suited to X-rays",
                False,
                "With small steps for the backbone the same network did well.",
            ),
            (
                "Large steps overwrote the kernels",
                True,
                "Small steps for the backbone avoid it; the head can keep its large ones.",
            ),
            (
                "One epoch is always too short",
                False,
                "With two rates one epoch was enough to be ahead.",
            ),
        ],
    ),
    (
        "The backbone's rate is 0.000001. The training log looks like that of a fine-tuned "
        "network. How do you find out whether anything was fine-tuned?",
        [
            (
                "Compare the kernels with the borrowed ones, or put these back and score again",
                True,
                "If the scores stay, the head has done it all.",
            ),
            (
                "Look whether the loss fell",
                False,
                "It falls with the head alone, too.",
            ),
            (
                "Count the parameters that were allowed to learn",
                False,
                "Being allowed to move is not moving.",
            ),
        ],
    ),
    (
        "In training mode, batch normalisation is awake in a borrowed network, and batches have "
        "eight pictures. What does a child's score depend on?",
        [
            (
                "On the child's picture alone",
                False,
                "In use, yes. In training mode each batch is measured by its own statistics.",
            ),
            (
                "On the other seven children, too",
                True,
                "Mean and variance are those of the batch, and the stored ones follow it.",
            ),
            (
                "On ImageNet's statistics",
                False,
                "Those are used when batch normalisation is frozen, or when the network is used.",
            ),
        ],
    ),
    (
        "Two ways of training differ by 0.004 in validation AUC, one run each. With three seeds, "
        "each way scatters by 0.006. What can you say?",
        [
            (
                "The first way is better, by 0.004",
                False,
                "Another seed could turn it round.",
            ),
            (
                "Nothing about which one is better, until there are more runs or more children",
                True,
                "The difference lies within what the order of the pictures does.",
            ),
            (
                "Both are equally good",
                False,
                "Not seen is not the same as not there.",
            ),
        ],
    ),
    (
        "After fine-tuning, validation AUC rose from 0.98 to 0.99. In another hospital's folder "
        "nearly all sick children are found, and most healthy ones are called sick, with scores "
        "near 1. What would have warned you?",
        [
            (
                "A lower loss on validation",
                False,
                "Validation comes from the training folder. It looked excellent.",
            ),
            (
                "More epochs",
                False,
                "They make scores bolder, and teach nothing about the other folder.",
            ),
            (
                "Labelled children from the other place, looked at before the network is used",
                True,
                "A threshold and calibration belong to the place where they were chosen.",
            ),
        ],
    ),
]
