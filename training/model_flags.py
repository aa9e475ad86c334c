"""The flags that eval_ and classify_ share, and the model they come to.

"As in training" is what model.json beside the checkpoint says.
"""

from absl import flags

from fast import device
from nets import nets_factory
from training import run_info
from training.model import Model

CHECKPOINT_PATH = flags.DEFINE_string(
    'checkpoint_path', '/tmp/tfmodel/',
    'A checkpoint, or a folder, whose newest is taken.')
_MODEL_NAME = flags.DEFINE_string(
    'model_name', None,
    f'The network: {", ".join(nets_factory.network_names())}; default: as in '
    'training, or else mobilenet_v2.')
_IMPLEMENTATION = flags.DEFINE_enum(
    'implementation', None, nets_factory.IMPLEMENTATIONS,
    'slim: tf-slim, float32. fast: raw TensorFlow, any layout and precision, '
    'batch norm folded. Default: the one that trained, or else eval_ takes '
    'slim, classify_ fast.')
_DATA_FORMAT = flags.DEFINE_enum(
    'data_format', 'auto', ['auto', 'NHWC', 'NCHW'],
    'Layout inside the fast implementation; auto: what suits the device.')
_COMPUTE_DTYPE = flags.DEFINE_enum(
    'compute_dtype', 'auto', ['auto', *device.COMPUTE_DTYPES],
    'Precision inside the fast implementation; auto: what suits the device, '
    'half precision where it has units for it.')
_XLA = flags.DEFINE_enum('xla', 'auto', ['auto', 'true', 'false'],
                         'Whether XLA compiles the network; auto: on a GPU.')
_DEPTH_MULTIPLIER = flags.DEFINE_float(
    'depth_multiplier', None,
    'Factor on the widths, where model_name does not fix it.')
_MOVING_AVERAGE_DECAY = flags.DEFINE_float(
    'moving_average_decay', None,
    'Takes the moving averages of the variables, if not 0; default: if '
    'model.json says that training kept them.', 0.0, 1.0)
_PREPROCESSING_NAME = flags.DEFINE_string(
    'preprocessing_name', None,
    'inception (takes the middle) or lenet (resizes the whole image); default: '
    'as in training, or else what suits the data set, or inception.')
_USE_GRAYSCALE = flags.DEFINE_bool(
    'use_grayscale', None,
    'Takes the colour out of the images; default: as in training.')
_EVAL_IMAGE_SIZE = flags.DEFINE_integer(
    'eval_image_size', None,
    'Height and width in pixels; default: as in training, or else the '
    'network\'s.')


def use_xla():
  """Returns whether XLA is to compile the network."""
  return device.use_xla(_XLA.value)


def read_options(checkpoint_path, defaults, **given):
  """Returns what flags, model.json or else defaults say, by name.

  Args:
    checkpoint_path: what model.json lies beside.
    defaults: of options by name; of others None.
    **given: more options to fill in, None where they are left open.
  """
  options = run_info.fill_in({
      'model_name': _MODEL_NAME.value,
      'implementation': _IMPLEMENTATION.value,
      'depth_multiplier': _DEPTH_MULTIPLIER.value,
      'image_size': _EVAL_IMAGE_SIZE.value,
      'moving_average_decay': _MOVING_AVERAGE_DECAY.value,
      'preprocessing_name': _PREPROCESSING_NAME.value,
      'use_grayscale': _USE_GRAYSCALE.value,
      **given}, run_info.read_run_info(checkpoint_path))
  defaults = {'model_name': 'mobilenet_v2', **defaults}
  return {name: defaults.get(name) if value is None else value
          for name, value in options.items()}


def make_model(options, num_classes):
  """Builds the model, to restore; returns (model, image size, how it computes).

  Args:
    options: of read_options.
    num_classes: an integer.

  Raises:
    InputError: the options cannot be.
  """
  network_options = device.network_options(
      options['implementation'], _DATA_FORMAT.value, _COMPUTE_DTYPE.value,
      _XLA.value)
  model = Model(options['model_name'], num_classes, options['implementation'],
                depth_multiplier=options['depth_multiplier'], **network_options)
  image_size = model.check_image_size(options['image_size'])
  model.build(image_size, is_training=False)
  return model, image_size, device.describe(network_options)
