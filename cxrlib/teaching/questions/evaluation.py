"""Questions of chapter 08."""

QUESTIONS = [
    (
        "Two wards use the same network. It finds 90 % of the sick and leaves 70 % of the healthy "
        "alone in both. Its accuracy is 85 % on one ward and 75 % on the other. Why?",
        [
            (
                "On the second ward the healthy look different",
                False,
                "Then fewer of them would be left alone. It is 70 % in both.",
            ),
            (
                "On the second ward fewer are sick",
                True,
                "Accuracy mixes the two rates by the share of the sick: three quarters here, one "
                "quarter there.",
            ),
            (
                "One of the two must be chance",
                False,
                "It may play a part. But no chance is needed: the mixture explains all of it.",
            ),
        ],
    ),
    (
        "Most training children are sick. Trained again with balanced class weights, a network "
        "has a lower sensitivity, a higher specificity and the same ROC curve. What did the "
        "weights do?",
        [
            (
                "The network has learned more about the healthy",
                False,
                "Then it would order the children better, and the ROC curve would rise.",
            ),
            (
                "What another threshold would have done",
                True,
                "Another place on the same curve. A threshold gets there, too, and says why.",
            ),
            (
                "They have repaired the imbalance",
                False,
                "The children are the same. What changed is how dear each error is.",
            ),
        ],
    ),
    (
        "On validation a threshold is chosen that finds 95 % of the sick. On the test set it finds "
        "88 %. What goes into the report?",
        [
            (
                "88 %, the threshold, and where it was chosen",
                True,
                "The chosen number was chosen to look well. The other one is the measurement.",
            ),
            (
                "95 %, for that is what the threshold was made for",
                False,
                "A wish. One in eight sick children was missed when it was tried.",
            ),
            (
                "The sensitivity at a new threshold that finds 95 % of the test set's sick",
                False,
                "Then the test set has chosen, too, and nobody is left to measure on.",
            ),
        ],
    ),
    (
        "A network is calibrated where it was built. In the new place fewer are sick; sick and "
        "healthy look just as before, and the threshold is the same. What is no longer true? "
        "(More than one.)",
        [
            (
                "Its sensitivity",
                False,
                "It asks the sick only, and they look as before.",
            ),
            (
                "Its area under the ROC curve",
                False,
                "A pair of a sick and a healthy child does not know how many others there are.",
            ),
            (
                "That eight in ten with a score of 0.8 are sick",
                True,
                "Fewer are: the picture says the same, but fewer were sick to begin with. Prior "
                "correction mends it.",
            ),
            (
                "Its precision",
                True,
                "It falls: the alarms come from more healthy and fewer sick children.",
            ),
        ],
    ),
    (
        "Somebody tosses a coin for each child and trains a network to tell how it fell. On "
        "validation its AUC is 0.70, with a narrow interval. What do you make of it?",
        [
            (
                "Even a coin can be predicted a little",
                False,
                "A fair one cannot, and a narrow interval says that it was no luck.",
            ),
            (
                "Validation children were trained on, by other pictures perhaps",
                True,
                "The child is recognised, and its coin is remembered. A leak shows where there is "
                "nothing to know.",
            ),
            (
                "The network overfits, and needs fewer weights",
                False,
                "Whoever only knows the training children by heart is at 0.5 with new ones.",
            ),
        ],
    ),
    (
        "A tf.data set of 1,000 pictures is shuffled, with shuffle(1000). Its take(800) is trained "
        "on, its skip(800) is for validation. What happens?",
        [
            (
                "Nothing bad: a picture is taken or skipped, never both",
                False,
                "Not within one pass. But the next pass is shuffled anew.",
            ),
            (
                "Training and validation change places in part with each epoch",
                True,
                "The later the epoch, the more of the validation pictures were trained on. Cut "
                "first, by child, and shuffle the training part afterwards.",
            ),
            (
                "The same, unless a seed is given",
                False,
                "A seed fixes the row of shuffles. It is still another one at each pass, unless "
                "reshuffle_each_iteration is False.",
            ),
        ],
    ),
]
