"""Checks of the exercises: ✅, or ❌ with what was expected, what came, and a hint.

``check_something(answer)`` shows its result on the page and returns nothing;
``check_something.judge(answer)`` returns it as a :class:`Result` and shows nothing.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach(
    __name__,
    submod_attrs={
        "convolution": [
            "check_conv_weights",
            "check_convolution",
            "check_output_size",
            "check_small_kernels",
        ],
        "neurons": ["check_gradient", "check_neuron", "check_parameter_count"],
        "patients": ["check_patient_key", "check_split"],
        "pooling": ["check_moves", "check_pool_gradients", "check_receptive_field"],
        "results": ["Result"],
    },
)
