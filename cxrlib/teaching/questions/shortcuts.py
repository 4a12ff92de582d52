"""Questions of chapter 13."""

QUESTIONS = [
    (
        "All films of COVID-19 are from one source and all others from another. A network has an "
        "AUC of 0.99, by patient, on a test set cut from both. What does it show?",
        [
            (
                "That it tells COVID-19 from other findings",
                False,
                "A border without lungs did nearly as well. The test set has the same gap.",
            ),
            (
                "That it tells one of the two from the other, by whatever differs",
                True,
                "Disease, age, device, letters: the test set cannot tell these apart.",
            ),
            (
                "That a patient stands on both sides",
                False,
                "The split was by patient. A leak is another fault.",
            ),
        ],
    ),
    (
        "Trained on borders alone, a network has an AUC of 0.98. Does the network that sees the "
        "full picture use the border?",
        [
            (
                "Yes, that is proved",
                False,
                "It may use the lungs as well, or another shortcut. Two networks, two ways.",
            ),
            (
                "No, since it was shown the lungs",
                False,
                "Shown is not used.",
            ),
            (
                "Nobody can say by this. But its AUC is no evidence that it uses the lungs",
                True,
                "To learn what it uses, change that in the film and ask it again.",
            ),
        ],
    ),
    (
        "Which group is a negative control for a network that finds COVID-19 in one hospital's "
        "films?",
        [
            (
                "Healthy children of another hospital",
                False,
                "They differ in place and age: calling them healthy needs no lungs.",
            ),
            (
                "Patients of the same hospital with another disease",
                True,
                "Only the disease differs, as far as one can manage. All should be called "
                "“not COVID-19”.",
            ),
            (
                "The training films, once more",
                False,
                "They tell what was learned by heart.",
            ),
        ],
    ),
    (
        "In another hospital the AUC is 0.5. A temperature learned on films from there brings the "
        "calibration error near to zero. What do the scores say now?",
        [
            (
                "The truth, so the model can be used there",
                False,
                "True, and empty: hardly anybody's score differs from the share of the sick.",
            ),
            (
                "About the share of the sick, for everybody",
                True,
                "Where the order says nothing, that is the honest score. It helps nobody decide.",
            ),
            (
                "The same as before, since a temperature keeps the order",
                False,
                "The order stays, the scores move towards one half.",
            ),
        ],
    ),
    (
        "A model keeps its AUC in a second hospital. Which sentence is safe?",
        [
            (
                "It uses no shortcut",
                False,
                "The second hospital may use the same letters, or send its sick to bed, too.",
            ),
            (
                "It carried over to this hospital, in this order of its patients",
                True,
                "The threshold, the scores and the next hospital are other questions.",
            ),
            (
                "Its threshold holds there, too",
                False,
                "An AUC knows no threshold.",
            ),
        ],
    ),
]
