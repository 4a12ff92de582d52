"""Phantoms: chest radiographs drawn by our own code, with known lungs and lesions.

``draw`` makes one image, ``write`` a whole set on disk in the layout of the real ones. The way
of an image: ``anatomy`` (a patient) → ``thorax``, ``bones`` (path lengths on a
``canvas``) → ``disease`` → ``acquisition`` (exposure, noise, grey curve, frame, letters).

They are teaching images, not simulations. What the drawing simplifies: bodies are path lengths
of a few rounded shapes, not a scanned thorax; one beam energy; scatter is a blur; a disease is
extra density inside the lungs and moves nothing else; no effusion, no collapse, no scars, no
devices beyond a wire; only frontal views; a mask follows the drawing and not a reader's eye.
A result on phantoms says how a method behaves, and nothing about patients.
"""

import lazy_loader as _lazy

# Drawing needs SciPy, which takes a while to come; to read real images nobody needs it.
__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
