"""Questions of chapter 01."""

QUESTIONS = [
    (
        "A network's accuracy equals the share of sick children. What do you know?",
        [
            (
                "It has learned something about lungs.",
                False,
                "Compare it with the program that never looks.",
            ),
            (
                "Nothing yet: the lazy program scores the same.",
                True,
                "Look at the two kinds of error next.",
            ),
        ],
    ),
    (
        "person3_virus_15 and person3_bacteria_11: the same child?",
        [
            ("Yes, both are person 3.", False, "Each subtype has a numbering of its own."),
            ("No.", True, "Subtype and number together make the key."),
        ],
    ),
    (
        "Why deal out children instead of pictures?",
        [
            (
                "The classes stay balanced.",
                False,
                "Dealing out pictures can keep the balance too.",
            ),
            (
                "A network can recognise a child it has seen.",
                True,
                "And that would look like recognising pneumonia.",
            ),
        ],
    ),
]
