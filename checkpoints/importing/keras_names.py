"""What Keras Applications call the layers of the networks here.

keras/src/applications/mobilenet.py, mobilenet_v2.py, mobilenet_v3.py and
nasnet.py. Small letters, and _ for /: in these, versions of Keras differ.
"""

from collections.abc import Callable
from collections.abc import Iterator
import re
from typing import NamedTuple

from checkpoints.names import BATCH_NORM
from specs import networks
from specs.convolution import Convolution

_LOGITS = 'Logits/Conv2d_1c_1x1'
_PIXELS = 32  # Names do not depend on the image's size.


class Variable(NamedTuple):
  """A variable, and where Keras has it."""

  name: str  # slim's
  layers: tuple[str, ...]  # Keras', any of them
  leaves: tuple[str, ...]  # Keras', any of them


def normalize(layer: str) -> str:
  """Returns a layer's name in the form that Variable has."""
  return layer.lower().replace('/', '_').replace('batchnorm', 'bn')


def variables(network: str) -> Iterator[Variable]:
  """Yields the Variables of one of NETWORKS."""
  name_layers = NETWORKS[network]
  for convolution in networks.convolutions(network, _PIXELS, _PIXELS, 1):
    kernel, norm = name_layers(convolution.scope)
    yield _kernel(convolution, kernel)
    if convolution.batch_norm:
      for leaf in BATCH_NORM:
        yield Variable(f'{norm.scope}/{leaf}', norm.layers, (leaf,))
    elif not convolution.plain:
      yield Variable(f'{kernel.scope}/biases', kernel.layers, ('bias',))


class _Layer(NamedTuple):
  scope: str  # slim's
  layers: tuple[str, ...]  # Keras'


def _kernel(convolution: Convolution, kernel: _Layer):
  *_, last = convolution.scope.split('/')
  if last in ('depthwise', 'pointwise') and '/separable_' in convolution.scope:
    return Variable(
      f'{kernel.scope}/{last}_weights', kernel.layers, (f'{last}_kernel',)
    )
  if convolution.groups == 1:
    return Variable(f'{kernel.scope}/weights', kernel.layers, ('kernel',))
  return Variable(
    f'{kernel.scope}/depthwise_weights',
    kernel.layers,
    ('kernel', 'depthwise_kernel'),
  )


def _with_norm(root, scope, layers, norm_layers):
  return (
    _Layer(f'{root}/{scope}', layers),
    _Layer(f'{root}/{scope}/BatchNorm', norm_layers),
  )


def _mobilenet_v1(scope):
  layer = scope.lower().replace('conv2d_0', 'conv1')
  layer = re.sub(r'conv2d_(\d+)_depthwise', r'conv_dw_\1', layer)
  layer = re.sub(r'conv2d_(\d+)_pointwise', r'conv_pw_\1', layer)
  layer = 'conv_preds' if scope == _LOGITS else layer
  return _with_norm('MobilenetV1', scope, (layer,), (f'{layer}_bn',))


def _mobilenet_v2(scope):
  if scope == _LOGITS:
    return _with_norm('MobilenetV2', scope, ('predictions', 'logits'), ())
  if scope == 'Conv':
    return _with_norm('MobilenetV2', scope, ('conv1',), ('bn_conv1',))
  layer = normalize(re.sub(r'expanded_conv_(\d)', r'block_\1', scope))
  return _with_norm('MobilenetV2', scope, (layer,), (f'{layer}_bn',))


def _mobilenet_v3(scope):
  layer = 'logits' if scope == _LOGITS else normalize(scope)
  return _with_norm('MobilenetV3', scope, (layer,), (f'{layer}_bn',))


# Cell of slim -> Keras' block, and of its convolutions; those that are left
# over belong to a sum.
_BLOCKS = {'cell_stem_0': 'stem_1', 'cell_stem_1': 'stem_2'} | {
  f'reduction_cell_{number}': f'reduce_{4 * number + 4}' for number in range(2)
}
_IN_CELL = {
  '1x1': ('{kind}_conv_1', 'beginning_bn', '{kind}_bn_1'),
  'prev_1x1': ('adjust_conv_projection', 'prev_bn', 'adjust_bn'),
  'path1_conv': ('adjust_conv_1', 'final_path_bn', 'adjust_bn'),
  'path2_conv': ('adjust_conv_2', 'final_path_bn', 'adjust_bn'),
}
# The fifth sum of a reduction has its operation under the fourth's name.
_MISNAMED = {('reduction', 'left5'): 'left4'}


def _nasnet(scope):
  cell, _, rest = scope.partition('/')
  if cell == 'final_layer':
    return _Layer(scope, ('predictions',)), None
  if not rest:
    return _Layer(scope, ('stem_conv1',)), _Layer(f'{scope}_bn', ('stem_bn1',))
  kind = 'normal' if re.fullmatch(r'cell_\d+', cell) else 'reduction'
  block = _BLOCKS.get(cell) or _number_of_normal(cell)
  if rest in _IN_CELL:
    layer, norm, norm_layer = (
      text.format(kind=kind) for text in _IN_CELL[rest]
    )
    return (
      _Layer(scope, (f'{layer}_{block}',)),
      _Layer(f'{cell}/{norm}', (f'{norm_layer}_{block}',)),
    )
  number, side, size, which = re.fullmatch(
    r'comb_iter_(\d)/(left|right)/separable_(\dx\d)_(\d)/\w+', rest
  ).groups()
  place = f'{side}{int(number) + 1}'
  place = f'{kind}_{_MISNAMED.get((kind, place), place)}_{block}'
  path = f'{cell}/comb_iter_{number}/{side}'
  return (
    _Layer(
      f'{path}/separable_{size}_{which}', (f'separable_conv_{which}_{place}',)
    ),
    _Layer(
      f'{path}/bn_sep_{size}_{which}', (f'separable_conv_{which}_bn_{place}',)
    ),
  )


def _number_of_normal(cell):
  """Keras leaves out the number 4, that of the first reduction."""
  number = int(cell.removeprefix('cell_'))
  return number + (number >= 4)


# Network of a family whose names they are -> scope -> what Keras has there.
NETWORKS: dict[str, Callable] = {
  'mobilenet_v1': _mobilenet_v1,
  'mobilenet_v2': _mobilenet_v2,
  'mobilenet_v3_large': _mobilenet_v3,
  'mobilenet_v3_small': _mobilenet_v3,
  'nasnet_mobile': _nasnet,
}
