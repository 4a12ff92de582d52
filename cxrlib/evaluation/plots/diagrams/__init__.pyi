from .architecture import draw_architecture as draw_architecture
from .blocks import draw_residual_blocks as draw_residual_blocks
from .convolution import (
    draw_convolution as draw_convolution,
    draw_receptive_field as draw_receptive_field,
)
from .dense import draw_backpropagation as draw_backpropagation, draw_neuron as draw_neuron
from .training import draw_batch_norm as draw_batch_norm, draw_fine_tuning as draw_fine_tuning
