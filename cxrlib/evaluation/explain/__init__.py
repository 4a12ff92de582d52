"""Looking into a trained network: what its layers make of an image, and what its answer rests on.

All take a flat functional Keras model and raw pixels in [0, 255]. A map says which places the
network's number depends on, not where the disease is, nor why; ``randomize_weights`` and
``pointing_game`` say how far a map may be trusted.
"""

from cxrlib import extras as _extras

__getattr__, __dir__, __all__ = _extras.attach_stub(__name__, __file__)
