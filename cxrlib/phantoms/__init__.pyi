from .acquisition import SITES as SITES, Site as Site, stamp as stamp
from .dataset import write as write
from .phantom import KINDS as KINDS, Phantom as Phantom, draw as draw
from .plans import NOTE as NOTE
