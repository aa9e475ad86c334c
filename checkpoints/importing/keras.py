"""Keras Applications: MobileNet, MobileNetV2, MobileNetV3 and NASNetMobile.

They take images in [-1, 1], as slim's do (MobileNetV3 scales them itself), and
their batch norm has slim's epsilon. Padding is slim's where no feature map that
is halved has an odd size. What differs else is below.
"""

import numpy as np

from base.errors import InputError
from checkpoints import names
from checkpoints.importing import gates
from checkpoints.importing import keras_config
from checkpoints.importing import keras_files
from checkpoints.importing import keras_head
from checkpoints.importing import keras_names
from checkpoints.importing.imported import Imported

_TOTAL_STRIDE = 32


def read(path: str) -> Imported:
  """Reads .h5, .weights.h5 or .keras, the weights of a network or all of it.

  Without its head (include_top=False) a network lacks it here, too; with a
  Dense layer of one's own in its place, that gives the logits.

  Raises:
    InputError: the file is damaged, of none of these networks, or has more.
  """
  file = keras_files.read(path)
  network, found = _closest(path, file)
  head = keras_head.find(path, file, network, found)
  found |= head
  values = {
    name: _in_slims_layout(name, file.layers[layer][leaf])
    for name, (layer, leaf) in found.items()
  }
  notes = (*gates.fit(values), *keras_head.fit(values, head))
  options = keras_config.options(path, file.config)
  scaled, scaling_notes = keras_config.rescaling(path, file.config)
  options |= scaled
  if network == 'nasnet_mobile':
    options['zero_padded_pools'] = True
  return Imported(
    values,
    {name: '/'.join(at) for name, at in found.items()},
    _left_over(file, set(found.values())),
    options,
    'keras',
    notes=(
      *notes,
      *_padding_note(network, options),
      *(scaling_notes if head or scaled else ()),
    ),
  )


def _closest(path, file):
  """Returns (network, what _find finds of it) of most variables."""
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
  return network, found[network]


def _left_over(file, used):
  """Returns the names of the arrays that have no place."""
  return (
    *(
      f'{layer}/{leaf}'
      for layer, arrays in file.layers.items()
      for leaf in arrays
      if (layer, leaf) not in used
    ),
    *file.others,
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
