"""Articles 0 and 3: networks trained from their first weights, as published and repaired."""

from __future__ import annotations

from cxrlib.experiments.study import Study

ARTICLE_3 = {
    "data": "pneumonia",
    "network": "first_cnn",
    "size": 180,
    "preprocess": "rescale",
    "optimizer": "RMSprop",
    "learning_rate": 1e-4,
    "each_epoch": 1.0,
    "batch_size": 8,
    "epochs": 25,
    "augment": "article-3",
    "class_weight": None,
    "patience": None,
    "watched": "test",
    "watched_augment": None,
}
ARTICLE_0 = ARTICLE_3 | {
    "network": "custom_cnn",
    "size": 160,
    "preprocess": "samplewise",
    "optimizer": "SGD",
    "learning_rate": 0.01,
    "each_epoch": 0.9,
    "batch_size": 16,
    "epochs": 20,
    "augment": "article-0",
    "watched_augment": "article-0",
}
REPAIRED = {
    "augment": "plausible",
    "class_weight": "balanced",
    "patience": 10,
    "watched": "val",
    "watched_augment": None,
}
GREY = "Pictures are read in grey: the article's three channels hold the same numbers three times."

STUDIES = {
    "article-3-as-published": Study(
        "Article 3's four convolutions, as published",
        3,
        "from_scratch",
        ARTICLE_3,
        (
            "The test folder was watched after every epoch, as in the article.",
            "The article does not say how far it shifts and shears; 0.2 is taken, Keras's example.",
            GREY,
        ),
    ),
    "article-3-repaired": Study(
        "Article 3's network, watched on validation children cut from the training folder",
        3,
        "from_scratch",
        ARTICLE_3 | REPAIRED,
        ("The epoch was chosen on validation children; the test set was looked at once.", GREY),
    ),
    "article-0-as-published": Study(
        "Article 0's four blocks with batch normalisation, as published",
        0,
        "from_scratch",
        ARTICLE_0,
        (
            "The article's validation set is the test folder, augmented like the training "
            "pictures; here one changed copy of each picture was watched after every epoch.",
            "The article does not name its decay; the rate is multiplied by 0.9 an epoch.",
            GREY,
        ),
    ),
    "article-0-repaired": Study(
        "Article 0's network, watched on validation children cut from the training folder",
        0,
        "from_scratch",
        ARTICLE_0 | REPAIRED,
        ("The epoch was chosen on validation children; the test set was looked at once.", GREY),
    ),
}
