"""The flags of what benchmark.py times, and what they come to."""

from collections.abc import Sequence

from absl import flags

from base.errors import InputError
from base.suggestions import did_you_mean
from benchmarking import configurations
from benchmarking import models
from benchmarking import runtimes
from benchmarking.selection import Choices
from specs import networks

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()

_EITHER = (
  ' Default: {0}; if {1} is not given either, the pairs that suit the device.'
)


def define() -> None:
  """Defines the flags; lists are comma-separated."""
  _define_fast()
  _define_compared()
  flags.DEFINE_list(
    'networks',
    ['mobilenet_v2'],
    f'Networks to time: any of {", ".join(networks.ALL)}.',
  )
  flags.DEFINE_list(
    'implementations',
    list(networks.IMPLEMENTATIONS),
    'Implementations to time: slim (in NHWC float32), fast, or both.',
  )
  flags.DEFINE_list(
    'modes',
    None,
    'What to time: any of inference, one request at a time; throughput, '
    'inference driven in each way that may give the most images/s; training. '
    'Default: inference and training; with runtimes inference and throughput.',
  )
  flags.DEFINE_list(
    'batch_sizes',
    None,
    'Numbers of images per step or request. Default: in inference 1 and 32, on '
    'a GPU 1 and 128, with runtimes 1; in throughput 1 and 32; in training 32.',
  )
  flags.DEFINE_integer(
    'image_size',
    224,
    'Height and width of the images, in pixels. Default with models: theirs, '
    'where all have one.',
    lower_bound=32,
  )


def _define_compared():
  flags.DEFINE_list(
    'models',
    [],
    'Folders of exports (export_model.py) to time in inference, too. Networks '
    'are by default those that these were made of.',
  )
  flags.DEFINE_list(
    'runtimes',
    [],
    'Runtimes to compare with, of classifiers in inference: any of '
    f'{", ".join(runtimes.RUNTIMES)}. Each runs an export of the weights that '
    'slim and fast have, on the CPU (tensorflow: as the networks), which is '
    "first compared with TensorFlow's logits. Those that are not installed are "
    'listed, with what installs them.',
  )


def _define_fast():
  flags.DEFINE_list(
    'data_formats',
    None,
    f'Layouts of the fast implementation: {", ".join(networks.DATA_FORMATS)}.'
    + _EITHER.format('NHWC', 'compute_dtypes'),
  )
  flags.DEFINE_list(
    'compute_dtypes',
    None,
    'Precisions of the fast implementation: '
    f'{", ".join(networks.COMPUTE_DTYPES)}.'
    + _EITHER.format('float32', 'data_formats'),
  )
  flags.DEFINE_list(
    'xla',
    None,
    'Compilation by XLA: true, false or both. Default: true on a GPU, '
    'otherwise false.',
  )


def read() -> Choices:
  """Returns what the flags give; all runtimes asked for are in it.

  Raises:
    InputError: a list holds what does not exist, or what does not go together.
  """
  values = flags.FLAGS
  for name, choices in (
    ('networks', networks.ALL),
    ('implementations', networks.IMPLEMENTATIONS),
    ('data_formats', networks.DATA_FORMATS),
    ('compute_dtypes', networks.COMPUTE_DTYPES),
    ('xla', configurations.XLA),
    ('modes', configurations.MODES),
  ):
    _check_choices(name, values[name].value, choices)
  if values.runtimes:
    _check_choices('runtimes', values.runtimes, runtimes.RUNTIMES)
  exports = models.read_models(values.models)
  names = values.networks
  if exports and values['networks'].using_default_value:
    names = {model.network: None for model in exports if model.is_published}
  alone = [name for name in names if name not in networks.NETWORKS]
  if values.runtimes and alone:
    raise InputError(
      f'--runtimes compares classifiers, and {alone[0]} is none; leave it out '
      'of --networks'
    )
  return Choices(
    list(names),
    values.implementations,
    values.data_formats,
    values.compute_dtypes,
    values.xla,
    _batch_sizes(values.batch_sizes),
    values.modes,
    exports,
    values.runtimes,
  )


def image_size(choices: Choices) -> int:
  """Returns that of the networks."""
  sizes = {model.image_size for model in choices.models}
  if len(sizes) == 1 and flags.FLAGS['image_size'].using_default_value:
    return sizes.pop()
  return flags.FLAGS.image_size


def _check_choices(
  flag: str, values: Sequence[str] | None, choices: Sequence[str]
) -> None:
  """Raises InputError unless values, a flag's list or None, are of choices."""
  if values is None:
    return
  for value in values or ['']:
    if value not in choices:
      raise InputError(
        f'--{flag}: there is no {value!r}{did_you_mean(value, choices)}; '
        f'there are {", ".join(choices)}'
      )


def _batch_sizes(values):
  """Returns a flag's list of numbers as integers; None stays None."""
  if values is None:
    return None
  for value in values or ['']:
    if not (value.isdecimal() and int(value)):
      raise InputError(
        f'--batch_sizes: {value!r} is not a number of images; give, say, 1,32'
      )
  return [int(value) for value in values]
