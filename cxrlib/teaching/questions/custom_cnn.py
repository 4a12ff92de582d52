"""Questions of chapter 07."""

QUESTIONS = [
    (
        "A batch-normalised network is asked about one child alone. Which mean does it take away?",
        [
            (
                "The mean of this child's own maps",
                False,
                "That would be a batch of one, and only training looks at batches.",
            ),
            (
                "The moving average that training left behind",
                True,
                "So the answer does not depend on who else is asked about.",
            ),
            (
                "None: it only normalises in training",
                False,
                "Then the next layers would get maps they have never seen the like of.",
            ),
        ],
    ),
    (
        "The same network goes to a ward where fewer children are sick. Nothing else is "
        "different. What falls?",
        [
            (
                "Sensitivity",
                False,
                "It asks the sick only, however many they are.",
            ),
            (
                "Specificity",
                False,
                "It asks the healthy only, however many they are.",
            ),
            (
                "Precision",
                True,
                "As many false alarms a healthy child, and fewer sick ones among the alarms.",
            ),
        ],
    ),
    (
        "Which finding speaks against the imbalance as the cause of the false alarms?",
        [
            (
                "The test folder holds fewer pictures than the training folder",
                False,
                "A share does not grow with the count, it only becomes surer.",
            ),
            (
                "Healthy validation children, as rare in training, are left alone far more often",
                True,
                "The same imbalance with and without the error.",
            ),
            (
                "Nearly all sick children are found",
                False,
                "Imbalance would do just that: it favours the common class.",
            ),
        ],
    ),
    (
        "On validation everybody is called sick for three epochs, while the training accuracy "
        "climbs past 90 %. The network is batch-normalised and an epoch is short.",
        [
            (
                "It overfits; stop and take fewer weights",
                False,
                "After one epoch? Ask the same weights with the batch's statistics first.",
            ),
            (
                "Wait: the moving averages lag behind the weights",
                True,
                "They move a hundredth of the way a step. Short epochs have few steps.",
            ),
            (
                "The validation children must come from another folder",
                False,
                "They may, but this looks alike with children of the very same folder.",
            ),
        ],
    ),
]
