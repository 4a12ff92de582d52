"""Checks of the exercises: ✅, or ❌ with what was expected, what came, and a hint.

``check_something(answer)`` shows its result on the page and returns nothing;
``check_something.judge(answer)`` returns it as a :class:`Result` and shows nothing.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "form": ["Exercise", "Result"],
        "ch01_pictures": ["check_patient_key", "check_split"],
        "ch02_neurons": ["check_gradient", "check_neuron", "check_parameter_count"],
        "ch03_convolution": [
            "check_conv_weights",
            "check_convolution",
            "check_output_size",
            "check_small_kernels",
        ],
        "ch04_pooling": ["check_moves", "check_pool_gradients", "check_receptive_field"],
        "ch05_first_cnn": ["check_dense_weights", "check_early_stopping", "check_standardised"],
        "ch06_augmentation": ["check_copies", "check_invented", "check_turn_factor"],
        "ch07_custom_cnn": ["check_batch_norm", "check_class_weights", "check_rates"],
        "ch08_evaluation": ["check_auc", "check_ppv", "check_threshold"],
        "ch08_resampling": ["check_resample"],
        "ch09_vgg16": ["check_colours", "check_head_weights", "check_passes_saved"],
        "ch10_fine_tuning": ["check_change", "check_kept_epoch", "check_restarts"],
        "ch11_looking_inside": ["check_activation_map", "check_chance", "check_hit"],
        "ch12_covid": ["check_judged", "check_macro", "check_needed", "check_softmax"],
        "ch13_shortcuts": [
            "check_auc_of_places",
            "check_border",
            "check_carried_score",
            "check_checklist",
        ],
    },
)
