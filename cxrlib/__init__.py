"""The tested package behind *Reading Chest X-rays with Convolutional Networks*.

Six rooms, used from left to right: ``phantoms``, ``data``, ``models``, ``evaluation``,
``experiments``, ``teaching``. A room imports only from the rooms to its left.
"""

__version__ = "0.1.0"
