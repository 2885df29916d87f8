from . import peers
