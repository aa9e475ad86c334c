"""The flags of the data: which data set, and how it becomes batches.

In programs that read a checkpoint, a flag that is not given is None. model.json
beside the checkpoint then says what training took; otherwise a default applies.
"""

from absl import flags

from base import limits
from base import program_flags
from datasets import augmentation_flags
from datasets import image_folder
from datasets import mask_preprocessing
from datasets import preprocessing
from datasets.input_pipeline import InputOptions
from datasets.kinds import DatasetOptions
from datasets.kinds import Kind
from datasets.kinds import LABELS
from datasets.mask_preprocessing import Scales

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()


def defaults(kind: Kind) -> dict[str, str | float | int]:
  """Returns what options of the data are where nothing else says anything."""
  return {
    'dataset_name': kind.default,
    'validation_fraction': image_folder.VALIDATION_FRACTION,
    'labels_offset': 0,
    'shrink_images': kind is LABELS,
  }


def define_for_training(kind: Kind, batch_size: int = 32) -> None:
  """Defines the flags of a program that trains on data sets of a kind."""
  _define_dataset(kind, defaults(kind), 'train', '')
  flags.DEFINE_string(
    'preprocessing_name',
    None,
    f'Preparation of images: {kind.training_help} Default: the one that suits '
    'the data set.',
  )
  flags.DEFINE_bool(
    'use_grayscale', False, 'Removes the colours of all images.'
  )
  flags.DEFINE_integer(
    'train_image_size',
    None,
    'Height and width of the images, in pixels. Default: the size for which '
    'the network was designed.',
    upper_bound=limits.IMAGE_SIZE,
  )
  flags.DEFINE_integer(
    'seed',
    0,
    'Seed of the initial weights, the order of the images, their random '
    'changes and what dropout drops.',
  )
  _define_shrinking(kind, 'as the run began; a new run: True')
  augmentation_flags.define(kind)
  if kind.name == preprocessing.MASKS:
    _define_scales()
  _define_batches(batch_size, ', of all devices together')
  _define_reading()


def _define_scales():
  least, most, step = mask_preprocessing.PUBLISHED
  flags.DEFINE_float(
    'min_scale_factor',
    least,
    "Least factor on the images' height and width in deeplab's preprocessing.",
  )
  flags.DEFINE_float(
    'max_scale_factor', most, 'Largest such factor.', lower_bound=0.0
  )
  flags.DEFINE_float(
    'scale_factor_step_size',
    step,
    'Difference between such factors. 0 takes any in between.',
    lower_bound=0.0,
  )


def define_for_evaluation(kind: Kind, batch_size: int = 100) -> None:
  """Defines the flags of a program that evaluates on data sets of a kind."""
  _define_dataset(
    kind, dict.fromkeys(defaults(kind)), None, ' Default: as in training'
  )
  define_for_inference(kind, batch_size)
  _define_reading()


def define_for_inference(kind: Kind, batch_size: int) -> None:
  """Defines what all programs need that take images to a checkpoint."""
  flags.DEFINE_string(
    'preprocessing_name',
    None,
    f'Preparation of images: {kind.inference_help} Default: as in training; '
    'otherwise the one that suits the data set, or '
    f'{preprocessing.names(kind.name)[0]} where there is none.',
  )
  flags.DEFINE_bool(
    'use_grayscale',
    None,
    'Removes the colours of all images. Default: as in training.',
  )
  flags.DEFINE_integer(
    'eval_image_size',
    None,
    'Height and width of the images, in pixels. Default: as in training, '
    'otherwise the size for which the network was designed.'
    + kind.eval_size_help,
    upper_bound=limits.IMAGE_SIZE,
  )
  _define_shrinking(kind, 'as in training')
  _define_batches(batch_size)


def _define_shrinking(kind, otherwise):
  """Defines what is for images that have no other target than a label."""
  if kind is not LABELS:
    return
  flags.DEFINE_bool(
    'shrink_images',
    None,
    'Decodes large photographs at a half, a quarter or an eighth of their '
    'height and width, of which 1.67 times those that the network takes are '
    'left at least: later epochs of photographs of 12 megapixels are many '
    "times as fast. --noshrink_images takes slim's exact pixels. "
    f'Default: {otherwise}.',
  )


def _define_dataset(kind, values, split_name, as_in_training):
  """Defines what DatasetOptions are read from."""

  def otherwise(text):
    return as_in_training and f'{as_in_training}, otherwise {text}.'

  flags.DEFINE_string(
    'dataset_name',
    values['dataset_name'],
    f'Name of the data set: {", ".join(kind.dataset_names)}. {kind.help}'
    + otherwise(kind.default),
  )
  flags.DEFINE_string(
    'dataset_split_name',
    split_name,
    'Part of the data set to take: train, validation or test, as the data set '
    'calls it.'
    + ('' if split_name else ' Default: the part that was held out.'),
  )
  program_flags.define_path('dataset_dir', None, 'Folder of the data set.')
  flags.DEFINE_float(
    'validation_fraction',
    values['validation_fraction'],
    'Part of the images to hold out, from 0 to 1, of a folder that is not '
    'divided into training and validation.'
    + otherwise(image_folder.VALIDATION_FRACTION),
  )
  if kind is not LABELS:
    return
  flags.DEFINE_integer(
    'labels_offset',
    values['labels_offset'],
    'Number subtracted from each label: 1 drops a background class, which is '
    'label 0; -1 makes room for one.' + otherwise('0'),
    lower_bound=-limits.BACKGROUNDS,
  )


def _define_batches(batch_size, of_what=''):
  flags.DEFINE_integer(
    'batch_size',
    batch_size,
    f'Number of images per step{of_what}.',
    1,
    limits.BATCH_SIZE,
  )


def _define_reading():
  flags.DEFINE_integer(
    'num_preprocessing_threads',
    4,
    'Number of images to prepare at the same time.',
    1,
    limits.THREADS,
  )
  flags.DEFINE_integer(
    'max_bad_images',
    0,
    'Number of unreadable images, or records, to skip. One more stops the '
    'program.',
    lower_bound=0,
  )
  flags.DEFINE_alias('max_bad_records', 'max_bad_images')


def read_dataset() -> DatasetOptions:
  """Returns what the flags of the data set say."""
  return program_flags.read(DatasetOptions)


def read_input() -> InputOptions:
  """Returns what the flags of its batches say; image_size may be None."""
  values = flags.FLAGS
  is_training = 'train_image_size' in values
  options = InputOptions(
    batch_size=values.batch_size,
    image_size=(
      values.train_image_size if is_training else values.eval_image_size
    ),
    preprocessing_name=values.preprocessing_name,
    use_grayscale=values.use_grayscale,
  )
  more = {
    name: values[name].value
    for name in ('num_preprocessing_threads', 'seed', 'shrink_images')
    if name in values
  }
  if is_training:
    more['augmentation'] = augmentation_flags.read()
  if 'min_scale_factor' in values:
    more['scales'] = Scales(
      values.min_scale_factor,
      values.max_scale_factor,
      values.scale_factor_step_size,
    )
  return options._replace(**more)
