"""Questions of chapter 12."""

QUESTIONS = [
    (
        "A network with softmax for healthy, bacterial and COVID-19 is shown the film of somebody "
        "with tuberculosis. What will it say?",
        [
            (
                "About a third for each class",
                False,
                "Only if its logits happen to be alike. Nothing makes them so.",
            ),
            (
                "Three probabilities that add up to 1, perhaps a very sure one",
                True,
                "There is no class for what it has not learned, and no warning.",
            ),
            (
                "Nothing: all three stay near 0",
                False,
                "Softmax always deals out all of 1.",
            ),
        ],
    ),
    (
        "A report says: accuracy 100 %. Which question do you ask first?",
        [
            (
                "Of how many pictures, of how many patients?",
                True,
                "Two of two leaves nearly everything open.",
            ),
            ("Which optimizer was used?", False, "It changes nothing about what was measured."),
            ("How many epochs?", False, "First find out what was measured at all."),
        ],
    ),
    (
        "The test generator has batches of 1, the steps are ceil(27 / 10). The files are sorted by "
        "class. What is the accuracy about?",
        [
            ("All 27 pictures", False, "Three steps, one picture each."),
            (
                "Three pictures of the class whose folder comes first",
                True,
                "So it is a part of that class's sensitivity, and of nothing else.",
            ),
            ("One picture of each class", False, "Sorted by class, the first three are alike."),
        ],
    ),
    (
        "Bacterial against viral has an AUC of 0.75, viral against COVID-19 one of 0.99. The first "
        "two classes come from one hospital, COVID-19 from another collection. What follows?",
        [
            (
                "COVID-19 looks quite unlike other viruses",
                False,
                "Perhaps. But whatever differs between the collections would give the same number.",
            ),
            (
                "Nothing about the disease yet: the source may have been recognised",
                True,
                "Age, device and framing differ together with the label.",
            ),
            (
                "The network is better at viruses than at bacteria",
                False,
                "It is asked about pairs, and the viral pictures are in both.",
            ),
        ],
    ),
    (
        "A test has 900 bacterial, 90 viral and 10 COVID-19 pictures. A program calls everybody "
        "bacterial. Its accuracy and its macro sensitivity?",
        [
            ("0.9 and 0.9", False, "Macro takes each class alike: one is found, two are not."),
            ("0.9 and 0.33", True, "1, 0 and 0, averaged. It has found no rare case at all."),
            ("0.33 and 0.9", False, "The other way round: accuracy counts pictures."),
        ],
    ),
]
