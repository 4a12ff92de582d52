"""Articles 0 to 3, as published and repaired.

Articles 0 and 3 train networks from their first weights. 1 and 2 fine-tune borrowed ones:
MobileNetV2 0.35 stands in for ResNet50 and MobileNetV3-Small.
"""

from typing import Any

ARTICLE_3: dict[str, Any] = {
    "data": "pneumonia",
    "network": "first_cnn",
    "size": 180,
    "preprocess": "rescale",
    "optimizer": "RMSprop",
    "learning_rate": 1e-4,
    "decay_rate": 1.0,
    "batch_size": 8,
    "epochs": 25,
    "augment": "article-3",
    "class_weight": None,
    "patience": None,
    "validate_on": "test",
    "validation_augment": None,
}
ARTICLE_0 = ARTICLE_3 | {
    "network": "custom_cnn",
    "size": 160,
    "preprocess": "samplewise",
    "optimizer": "SGD",
    "learning_rate": 0.01,
    "decay_rate": 0.9,
    "batch_size": 16,
    "epochs": 20,
    "augment": "article-0",
    "validation_augment": "article-0",
}
VALIDATED = {
    "augment": "plausible",
    "class_weight": "balanced",
    "patience": 10,
    "validate_on": "val",
    "validation_augment": None,
}
EPOCH_NOTE = "The epoch was chosen on validation children; the test set was looked at once."
GREY_NOTE = (
    "Images are read in grey: the article's three channels hold the same numbers three times."
)

PRETRAINED: dict[str, Any] = {
    "data": "pneumonia",
    "network": "mobilenet_v2_0.35",
    "size": 224,
    "crop": 0.0,
    "standardize": False,
    "dropout": 0.0,
    "head_init": None,
    "unfreeze": "all",
    "batch_norm": False,
    "optimizer": "Adam",
    "optimizer_settings": {},
    "learning_rate": 1e-4,
    "schedule": None,
    "batch_size": 32,
    "epochs": 8,
    "augment": None,
    "augment_evaluation": False,
    "tta_views": 0,
    "class_weight": None,
    "patience": None,
    "validate": True,
    "validation": {"patients": 0.2},
    "n_groups": None,
    "threshold": 0.5,
}
ROTATED_AND_FLIPPED = {"rotation": 10, "horizontal_flip": True}
ARTICLE_1 = PRETRAINED | {
    "batch_norm": 0.9,
    "augment": ROTATED_AND_FLIPPED,
    "validation": {"images": 0.25},
}
ARTICLE_2 = PRETRAINED | {
    "size": 256,
    "dropout": 0.2,
    "unfreeze": "block_16",
    "optimizer": "AdamW",
    "optimizer_settings": {"weight_decay": 0.05},
    "learning_rate": {"head": 1e-2, "backbone": 1e-6},
    "schedule": "cosine_decay_restarts",
    "epochs": 15,
    "augment": ROTATED_AND_FLIPPED,
    "augment_evaluation": True,
    "class_weight": "balanced",
    "patience": 5,
    "validation": {"images": 16},
}
REPAIRED = {
    "standardize": True,
    "batch_norm": False,
    "augment": "plausible",
    "augment_evaluation": False,
    "class_weight": "balanced",
    "patience": 3,
    "validation": {"patients": 0.25},
    "threshold": {"sensitivity": 0.95},
}
STAND_IN_NOTE = "MobileNetV2 0.35 stands in for the article's network."
SETTINGS_NOTE = (
    "The article names neither its augmentation nor its rate, epochs or optimizer; turning by 10°, "
    "mirroring, Adam at 0.0001 and 8 epochs are taken."
)
THRESHOLD_NOTE = (
    "The threshold is the highest that finds 95 % of the sick validation children, a rule that was "
    "fixed before the test set was opened."
)


def study(
    title: str, article: int | None, method: str, config: dict[str, Any], *notes: str
) -> dict[str, Any]:
    """Return the fields of a :class:`~cxrlib.experiments.registry.Study`."""
    return {"title": title, "article": article, "method": method, "config": config, "notes": notes}


STUDIES = {
    "article-3-as-published": study(
        "Article 3's four convolutions, as published",
        3,
        "from_scratch",
        ARTICLE_3,
        "The test folder was watched after every epoch, as in the article.",
        "The article does not say how far it shifts and shears; 0.2 is taken, Keras's example.",
        GREY_NOTE,
    ),
    "article-3-repaired": study(
        "Article 3's network, watched on validation children cut from the training folder",
        3,
        "from_scratch",
        ARTICLE_3 | VALIDATED,
        EPOCH_NOTE,
        GREY_NOTE,
    ),
    "article-0-as-published": study(
        "Article 0's four blocks with batch normalisation, as published",
        0,
        "from_scratch",
        ARTICLE_0,
        "The article's validation set is the test folder, augmented like the training "
        "images; here one changed copy of each image was watched after every epoch.",
        "The article does not name its decay; the rate is multiplied by 0.9 an epoch.",
        GREY_NOTE,
    ),
    "article-0-repaired": study(
        "Article 0's network, watched on validation children cut from the training folder",
        0,
        "from_scratch",
        ARTICLE_0 | VALIDATED,
        EPOCH_NOTE,
        GREY_NOTE,
    ),
    "article-1-as-published": study(
        "Article 1's fine-tuning of a whole network, as published",
        1,
        "fine_tuning",
        ARTICLE_1,
        STAND_IN_NOTE,
        "A quarter of the training images, drawn without regard to patients, validates.",
        SETTINGS_NOTE,
        "Batch normalisation follows the batches with a momentum of 0.9, as in PyTorch.",
    ),
    "study-slow-statistics": study(
        "Article 1's fine-tuning with batch normalisation at MobileNetV2's own momentum",
        1,
        "fine_tuning",
        ARTICLE_1 | {"batch_norm": True},
        STAND_IN_NOTE,
        SETTINGS_NOTE,
        "Batch normalisation trains along with Keras's momentum of 0.999: its statistics lag "
        "behind the weights, and the network answers otherwise than in training. This was the "
        "first try at article 1.",
    ),
    "article-1-repaired": study(
        "Article 1's fine-tuning, split by patient, standardised images, threshold on validation",
        1,
        "fine_tuning",
        ARTICLE_1 | REPAIRED | {"head_init": "probe"},
        STAND_IN_NOTE,
        THRESHOLD_NOTE,
        "The head begins as a linear probe.",
    ),
    "article-2-as-published": study(
        "Article 2's last block at a small rate, as published",
        2,
        "fine_tuning",
        ARTICLE_2,
        STAND_IN_NOTE,
        "16 training images, 8 of each class, stand in for the published validation folder.",
        "Validation and test images are turned and mirrored at random, as the article does; "
        "it does not say how far, 10° and every other image are taken.",
        "The weights of the epoch with the best validation loss are kept.",
    ),
    "article-2-repaired": study(
        "Article 2's network with a last block that may learn, validated on children",
        2,
        "fine_tuning",
        ARTICLE_2 | REPAIRED | {"learning_rate": {"head": 1e-3, "backbone": 1e-4}},
        STAND_IN_NOTE,
        THRESHOLD_NOTE,
        "At the article's rate of 0.000001 the last block hardly moves; it gets 0.0001.",
    ),
}
