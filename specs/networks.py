"""The one list of what exists: networks by name, and what was published.

A family is a module of this name in specs/, in nets/ and in fast/; its networks
differ in the arguments that their names stand for.
"""

from collections.abc import Callable
import functools
import importlib
import inspect
import types
from typing import Any
from typing import NamedTuple

from specs import deeplab_v3
from specs import mobilenet_v3
from specs.convolution import Convolution

# The ways in which every network exists; layouts and precisions are fast's.
IMPLEMENTATIONS = ('slim', 'fast')
DATA_FORMATS = ('NHWC', 'NCHW')
COMPUTE_DTYPES = ('float32', 'bfloat16', 'float16')

# Arguments by which networks of one name differ: with others, a checkpoint is
# of another network.
ARCHITECTURE = (
  'depth_multiplier',
  'min_depth',
  'divisible_by',
  'finegrain_classification_mode',
  'output_stride',
  'atrous_rates',
  'aspp_with_separable_conv',
)


class Family(NamedTuple):
  """What networks of several widths share."""

  module: str  # in specs/, nets/ and fast/
  function: str  # of nets/'s and fast/'s module: builds the network
  arg_scope: str  # of nets/'s module
  source: str  # of what was published, a key of SOURCES
  defaults: dict[str, Any]  # arguments of function, unless others are given
  batch_norm_epsilon: float = 0.001
  # Of the averages, where its parts have decays of their own in training.
  batch_norm_decays: tuple[float, ...] | None = None
  has_auxiliary_head: bool = False  # in training


class Published(NamedTuple):
  """What was printed: millions, and percent right.

  For images of 224 x 224, unless SOURCES says otherwise.
  """

  parameters: float | None = None
  multiply_adds: float | None = None
  top1: float | None = None
  top5: float | None = None


class Network(NamedTuple):
  """One name."""

  family: Family
  fixed: dict[str, Any]  # arguments of the family's function
  published: Published


SOURCES = {
  'a': 'the slim zoo; MobileNetV1: arXiv 1704.04861',
  'b': 'the slim zoo: without batch norm',
  'c': 'arXiv 1707.01083, 1.0x to 2.0x at 3 groups; top-1 of the paper',
  'd': 'arXiv 1707.07012 and the slim zoo',
  'e': 'the slim zoo; all but top-1 of mobilenet_v3_small: arXiv 1905.02244',
  'f': 'arXiv 1801.04381, table 7: at 513 x 513; top-1 is VOC 2012 mIOU',
  'g': 'arXiv 1801.04381, table 6: at 320 x 320, 80 classes; top-1 is COCO mAP',
}

_MOBILENET_V1 = Family(
  'mobilenet_v1',
  'mobilenet_v1',
  'mobilenet_v1_arg_scope',
  'a',
  {'global_pool': True},
)
# The published models keep the last layer's channels below width 1.0.
_FINEGRAIN = {'finegrain_classification_mode': True}
_MOBILENET_V2 = Family(
  'mobilenet_v2', 'mobilenet', 'training_scope', 'b', _FINEGRAIN
)
_MOBILENET_V3 = Family(
  'mobilenet_v3', 'mobilenet', 'training_scope', 'e', _FINEGRAIN
)
_SHUFFLENET_V1 = Family(
  'shufflenet_v1', 'shufflenet_v1', 'shufflenet_v1_arg_scope', 'c', {}, 1e-5
)
_NASNET = Family(
  'nasnet',
  'build_nasnet_mobile',
  'nasnet_mobile_arg_scope',
  'd',
  {},
  has_auxiliary_head=True,
)
_DEEPLAB_V3 = Family(
  'deeplab_v3',
  'deeplab_v3',
  'training_scope',
  'f',
  {},
  batch_norm_decays=deeplab_v3.BATCH_NORM_DECAYS,
)
_SSDLITE = Family(
  'ssdlite', 'ssdlite_mobilenet_v2', 'ssdlite_arg_scope', 'g', {}
)


def _v1(depth_multiplier, *published):
  return Network(
    _MOBILENET_V1, {'depth_multiplier': depth_multiplier}, Published(*published)
  )


def _v2(depth_multiplier, *published):
  return Network(
    _MOBILENET_V2,
    {'depth_multiplier': depth_multiplier, **_FINEGRAIN},
    Published(*published),
  )


def _v3(fixed, *published):
  return Network(_MOBILENET_V3, fixed, Published(*published))


def _shufflenet(depth_multiplier, top1=None):
  return Network(
    _SHUFFLENET_V1, {'depth_multiplier': depth_multiplier}, Published(top1=top1)
  )


def _ssdlite(depth_multiplier):
  return Network(_SSDLITE, {'depth_multiplier': depth_multiplier}, Published())


_LARGE = {'conv_defs': mobilenet_v3.V3_LARGE}
_SMALL = {'conv_defs': mobilenet_v3.V3_SMALL}
_V3_075 = {'depth_multiplier': 0.75, **_FINEGRAIN}

# The classifiers.
NETWORKS = {
  # Any depth_multiplier may be asked of mobilenet_v1, mobilenet_v2 and
  # mobilenet_v3_large and _small.
  'mobilenet_v1': Network(_MOBILENET_V1, {}, Published(4.2, 569, 70.9, 89.9)),
  'mobilenet_v1_075': _v1(0.75, 2.6, 317, 68.4, 88.2),
  'mobilenet_v1_050': _v1(0.5, 1.3, 150, 63.3, 84.9),
  'mobilenet_v1_025': _v1(0.25, 0.5, 41, 49.8, 74.2),
  'mobilenet_v2': Network(_MOBILENET_V2, {}, Published(3.47, 300, 71.8, 91.0)),
  'mobilenet_v2_140': _v2(1.4, 6.06, 582, 75.0, 92.5),
  'mobilenet_v2_130': _v2(1.3, 5.34, 509, 74.4, 92.1),
  'mobilenet_v2_075': _v2(0.75, 2.61, 209, 69.8, 89.6),
  'mobilenet_v2_050': _v2(0.5, 1.95, 97, 65.4, 86.4),
  'mobilenet_v2_035': _v2(0.35, 1.66, 59, 60.3, 82.9),
  'mobilenet_v3_large': _v3(_LARGE, 5.4, 217, 75.2),
  'mobilenet_v3_large_075': _v3({**_LARGE, **_V3_075}, 4.0, 155, 73.3),
  # The zoo prints 2.9 and 66, which no count gives.
  'mobilenet_v3_small': _v3(_SMALL, 2.5, 56, 67.5),
  'mobilenet_v3_small_075': _v3({**_SMALL, **_V3_075}, 2.4, 44, 65.4),
  'nasnet_mobile': Network(_NASNET, {}, Published(5.3, 564, 74.0, 91.6)),
  'shufflenet_v1': _shufflenet(1.0, 67.6),
  'shufflenet_v1_200': _shufflenet(2.0, 73.7),
  'shufflenet_v1_150': _shufflenet(1.5, 71.5),
  'shufflenet_v1_050': _shufflenet(0.5),
}

# Their logits are maps: a class for every pixel.
SEGMENTERS = {
  'deeplab_v3_mobilenet_v2': Network(
    _DEEPLAB_V3, {}, Published(2.11, 2750, 75.3)
  ),
  'deeplab_v3_mobilenet_v2_050': Network(
    _DEEPLAB_V3, {'depth_multiplier': 0.5}, Published(top1=70.2)
  ),
}

# In place of logits they have specs.ssdlite.Predictions; num_classes does not
# count the background.
DETECTORS = {
  'ssdlite_mobilenet_v2': Network(_SSDLITE, {}, Published(4.3, 800, 22.1)),
  'ssdlite_mobilenet_v2_075': _ssdlite(0.75),
  'ssdlite_mobilenet_v2_050': _ssdlite(0.5),
  'ssdlite_mobilenet_v2_035': _ssdlite(0.35),
}

ALL = {**NETWORKS, **SEGMENTERS, **DETECTORS}


def named(function: Callable, name: str) -> Callable:
  """Returns a family's function with the arguments that name stands for."""
  return functools.update_wrapper(
    functools.partial(function, **ALL[name].fixed), function
  )


def module_of(name: str, package: str) -> types.ModuleType:
  """Returns a network's module in 'specs', 'nets' or 'fast'."""
  return importlib.import_module(f'{package}.{ALL[name].family.module}')


def convolutions(
  name: str,
  height: int,
  width: int,
  num_classes: int | None,
  architecture: dict[str, Any] | None = None,
) -> list[Convolution]:
  """Lists a network's convolutions on images of height x width.

  architecture: {argument of ARCHITECTURE: value} by which it differs from
    others of its name.
  """
  module, network = module_of(name, 'specs'), ALL[name]
  taken = inspect.signature(module.resolve).parameters
  arguments = {
    **network.family.defaults,
    **network.fixed,
    **(architecture or {}),
  }
  spec = module.resolve(
    **{key: value for key, value in arguments.items() if key in taken}
  )
  return module.convolutions(spec, height, width, num_classes)
