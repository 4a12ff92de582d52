"""Questions of chapter 09."""

QUESTIONS = [
    (
        "VGG16's backbone is frozen, its head is Flatten, Dense 256 and one neuron. Somebody says "
        "that the network cannot overfit, since it is frozen. Is that so?",
        [
            (
                "Yes, frozen weights remember nothing",
                False,
                "They do not. But the head is not frozen.",
            ),
            (
                "No, the head alone has millions of weights, and it learns",
                True,
                "Each of the 256 neurons reads all places of all 512 maps.",
            ),
            (
                "No, since ImageNet's photographs come back",
                False,
                "What was learned on them may be useless here, but it does not remember these "
                "children.",
            ),
        ],
    ),
    (
        "A frozen backbone and 30 epochs. When can the features *not* be computed once and kept?",
        [
            (
                "When each epoch shows newly augmented pictures",
                True,
                "Another picture has other features. A few kept copies are a middle way.",
            ),
            (
                "When the head has more than one layer",
                False,
                "Whatever the head is, it is handed the same features.",
            ),
            (
                "When the pictures are shuffled anew in each epoch",
                False,
                "The order changes, the pictures do not: shuffle the features.",
            ),
        ],
    ),
    (
        "You load VGG16 with ImageNet weights and divide the pictures by 255, as you always do. "
        "What will you notice?",
        [
            (
                "An error: the values are out of range",
                False,
                "Any number is a number. Nothing checks it.",
            ),
            (
                "Nothing, unless you compare with its own preprocessing",
                True,
                "The features are others, and training goes on as if all were well.",
            ),
            (
                "Nothing at all, since only the ratio of the pixels counts",
                False,
                "The biases inside the network do not shrink with the pictures.",
            ),
        ],
    ),
    (
        "With ImageNet's weights a probe has an AUC of 0.97 on validation. Which comparison says "
        "what *ImageNet* contributed?",
        [
            (
                "A small network of your own, trained from scratch",
                False,
                "It differs in everything at once: architecture, size, training.",
            ),
            (
                "The same architecture with random kernels and the same probe",
                True,
                "Only what was learned on ImageNet differs.",
            ),
            (
                "The accuracy that the network has on ImageNet",
                False,
                "It is about dogs and cups, and says little about X-rays.",
            ),
        ],
    ),
    (
        "Two models tie on validation, which was cut from the training folder by patient. In "
        "another hospital's folder one has a clearly higher AUC, and at its frozen threshold it "
        "calls most of the healthy sick. What follows?",
        [
            (
                "It is the better model, so use it there as it is",
                False,
                "It orders better. As it stands, most healthy children get a false alarm.",
            ),
            (
                "It is worse, since a frozen threshold is the fair test",
                False,
                "The threshold is one number, and can be chosen again. The order cannot.",
            ),
            (
                "It orders the children better, and its threshold has to be chosen there",
                True,
                "Two different things: AUC judges the order, a threshold belongs to a place.",
            ),
        ],
    ),
]
