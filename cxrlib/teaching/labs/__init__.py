"""Small interactive figures for a chapter's page: one idea each, no kernel and no network needed.

Each function returns a :class:`~cxrlib.teaching.labs.lab.Lab`; as the last line of a cell it is
shown. The HTML holds everything: image, style and script.
"""

from cxrlib.teaching.labs.augmentation import augmentation_lab
from cxrlib.teaching.labs.kernel import kernel_lab
from cxrlib.teaching.labs.lab import Lab
from cxrlib.teaching.labs.leak import leak_lab
from cxrlib.teaching.labs.network import network_lab
from cxrlib.teaching.labs.neuron import best_pair, neuron_lab
from cxrlib.teaching.labs.pooling import pooling_lab
from cxrlib.teaching.labs.shortcut import shortcut_lab
from cxrlib.teaching.labs.threshold import threshold_lab

__all__ = [
    "Lab",
    "augmentation_lab",
    "best_pair",
    "kernel_lab",
    "leak_lab",
    "network_lab",
    "neuron_lab",
    "pooling_lab",
    "shortcut_lab",
    "threshold_lab",
]
