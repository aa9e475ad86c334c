"""Keras Applications: MobileNet, MobileNetV2, MobileNetV3 and NASNetMobile.

They take images in [-1, 1], as slim's do (MobileNetV3 scales them itself), and
their batch norm has slim's epsilon. Padding is slim's where no feature map that
is halved has an odd size. What differs else is below.
"""

from typing import Any

import numpy as np

from base.errors import InputError
from checkpoints import names
from checkpoints.importing import gates
from checkpoints.importing import keras_files
from checkpoints.importing import keras_names
from checkpoints.importing.imported import Imported

_EPSILON = 0.001
_TOTAL_STRIDE = 32


def read(path: str) -> Imported:
  """Reads .h5, .weights.h5 or .keras, the weights of a network or all of it.

  Without its head (include_top=False) a network lacks it here, too.

  Raises:
    InputError: the file is damaged, or of none of these networks.
  """
  file = keras_files.read(path)
  layers = {keras_names.normalize(layer): layer for layer in file.layers}
  found = {
    network: _find(network, file.layers, layers)
    for network in keras_names.NETWORKS
  }
  network = max(found, key=lambda one: len(found[one]))
  if not found[network]:
    raise InputError(
      f'{path} has the layers of no network that is known here: '
      f'{names.several(sorted(file.layers)) or "it has none with names"}'
    )
  sources = {name: '/'.join(at) for name, at in found[network].items()}
  used = set(found[network].values())
  left_over = [
    f'{layer}/{leaf}'
    for layer, arrays in file.layers.items()
    for leaf in arrays
    if (layer, leaf) not in used
  ]
  values = {
    name: _in_slims_layout(name, file.layers[layer][leaf])
    for name, (layer, leaf) in found[network].items()
  }
  notes = gates.fit(values)
  options = _options(path, network, file.config)
  return Imported(
    values,
    sources,
    (*left_over, *file.others),
    options,
    'keras',
    notes=(*notes, *_padding_note(network, options)),
  )


def _find(network, arrays, layers):
  """Returns {slim's name: (layer, leaf)} of the variables that are there."""
  found = {}
  for variable in keras_names.variables(network):
    for layer in variable.layers:
      for leaf in variable.leaves:
        if leaf in arrays.get(layers.get(layer), ()):
          found[variable.name] = (layers[layer], leaf)
  return found


def _in_slims_layout(name, value):
  """Returns float32; of a dense layer the kernel of a 1x1 convolution."""
  value = value.astype(np.float32)
  if name.endswith('Conv2d_1c_1x1/weights') and value.ndim == 2:
    return value[np.newaxis, np.newaxis]
  return value


def _options(path, network, config):
  """Returns what differs, and the image's size where it is known."""
  options: dict[str, Any] = {}
  if network == 'nasnet_mobile':
    options['zero_padded_pools'] = True
  epsilons = {
    value
    for layer in _layer_configs(config)
    if isinstance(value := layer.get('epsilon'), float)
  }
  if len(epsilons) > 1:
    raise InputError(
      f'{path}: its batch norms add {", ".join(map(str, sorted(epsilons)))} to '
      'variances; the networks here add one number'
    )
  if epsilons - {_EPSILON}:
    (options['batch_norm_epsilon'],) = epsilons
  for layer in _layer_configs(config):
    shape = layer.get('batch_shape') or layer.get('batch_input_shape')
    if isinstance(shape, list) and len(shape) == 4:
      if isinstance(shape[1], int) and shape[1] == shape[2]:
        options['image_size'] = shape[1]
      break
  return options


def _layer_configs(config):
  """Yields what a whole model's file says of each layer."""
  inside = config.get('config')
  layers = inside.get('layers') if isinstance(inside, dict) else None
  for layer in layers if isinstance(layers, list) else ():
    if isinstance(layer, dict) and isinstance(layer.get('config'), dict):
      yield layer['config']


def _padding_note(network, options):
  """Returns a line where the padding is not slim's, or may not be."""
  if network != 'mobilenet_v1':
    return ()
  size = options.get('image_size', _TOTAL_STRIDE)
  if size % _TOTAL_STRIDE == 0:
    return ()
  return (
    f'Its images of {size} pixels lead to feature maps of odd sizes, which '
    'Keras pads below and to the right, slim on all sides: outputs differ; '
    f'with multiples of {_TOTAL_STRIDE} they do not.',
  )
