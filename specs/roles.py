"""What a variable is for, by its name: logits, backbone, what decays."""

import re

from specs import ssdlite

_SCOPES_OF_DECAYED_DEPTHWISE = (
  'separable_',  # NASNet
  'layer_19_2_',  # SSDLite: feature maps, and both branches of the heads
  'BoxEncodingPredictor_',
  'ClassPredictor_',
)


def decays(variable_name: str) -> bool:
  """Whether weight decay applies to a variable.

  It does to the kernels of convolutions, the logits' included, to both of
  NASNet's separable ones, and to the depthwise ones that SSDLite adds to its
  backbone, as published; not to other depthwise_weights, biases or batch norm.
  """
  *_, scope, leaf = ('', *variable_name.split('/'))
  return (
    leaf in ('weights', 'pointwise_weights')
    or leaf == 'depthwise_weights'
    and scope.startswith(_SCOPES_OF_DECAYED_DEPTHWISE)
  )


# How names of NASNet's head begin that only training needs.
AUXILIARY = 'aux_'

_HEAD = re.compile(
  r'(^|/)(Logits|aux_logits|final_layer|logits|BoxPredictor_\d)/'
)
# DeepLab's head but for its logits, which its published training counts among
# the last layers; the further feature maps of SSDLite.
_PYRAMID = re.compile(r'(image_pooling|aspp\d+|concat_projection)[_/]')
_FEATURE_MAPS = re.compile(r'/layer_19_\d')
# What DeepLab's published training learns at twice the rate.
_FAST_LEARNING = 'logits/semantic/biases'


def is_head(variable_name: str) -> bool:
  """Whether a variable belongs to a layer that makes logits."""
  return bool(_HEAD.search(variable_name))


def is_body(variable_name: str) -> bool:
  """Whether a variable is of the part that networks for other tasks share.

  The rest is the head: what makes logits, and, in detectors and segmenters, all
  that follows the backbone.
  """
  return not (
    is_head(variable_name)
    or is_pyramid(variable_name)
    or _FEATURE_MAPS.search(variable_name)
  )


def is_pyramid(variable_name: str) -> bool:
  """Whether a variable belongs to DeepLab's head, its logits apart."""
  return bool(_PYRAMID.match(variable_name))


def count_classes(variable_name: str, num_channels: int) -> int | None:
  """Returns the classes that a layer of logits is for; None of other layers.

  Args:
    variable_name: of its weights or biases.
    num_channels: its last dimension.
  """
  if not is_head(variable_name):
    return None
  predictor = re.match(r'BoxPredictor_(\d)/(\w+)/', variable_name)
  if not predictor:
    return num_channels
  if predictor[2] != 'ClassPredictor':
    return None
  # Of each anchor, one is the background.
  return num_channels // len(ssdlite.ANCHOR_SHAPES[int(predictor[1])]) - 1


def gradient_multiplier(variable_name: str, last_layer: float = 1.0) -> float:
  """Returns the factor on a variable's gradient.

  last_layer: further factor for what makes the logits, in DeepLab for all of
    its head.
  """
  multiplier = 2.0 if variable_name == _FAST_LEARNING else 1.0
  is_last = is_head(variable_name) or is_pyramid(variable_name)
  return multiplier * (last_layer if is_last else 1.0)
