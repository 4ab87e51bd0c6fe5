"""An ONTAP REST emulator over plain folders: what the demo and the tests talk to."""

from fsxap.emulator.faults import Faults
from fsxap.emulator.server import Emulator, serve
from fsxap.emulator.synthetic import Synthetic
from fsxap.emulator.trees import Folder

__all__ = ["Emulator", "Faults", "Folder", "Synthetic", "serve"]
