"""NASNet-A, at slim's path: `from nets.nasnet import nasnet`."""

from nets.nasnet.nasnet import build_nasnet_mobile as build_nasnet_mobile
from nets.nasnet.nasnet import (
  nasnet_mobile_arg_scope as nasnet_mobile_arg_scope,
)
