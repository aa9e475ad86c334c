"""The MobileNets at slim's path: `from nets.mobilenet import mobilenet_v2`."""

from nets import mobilenet_v2 as mobilenet_v2
from nets import mobilenet_v3 as mobilenet_v3
