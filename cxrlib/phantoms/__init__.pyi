from .acquisition import SITES as SITES, Site as Site, draw_marker as draw_marker
from .dataset import write as write
from .phantom import KINDS as KINDS, Phantom as Phantom, draw as draw
from .plans import MANIFEST as MANIFEST
