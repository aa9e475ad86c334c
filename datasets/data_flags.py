"""The flags of the data: which data set, and how it becomes batches.

In programs that read a checkpoint, a flag that is not given is None. model.json
beside the checkpoint then says what training took; otherwise a default applies.
"""

from typing import NamedTuple

from absl import flags

from base import program_flags
from datasets import catalog
from datasets.input_pipeline import InputOptions

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()


class DatasetOptions(NamedTuple):
  """Arguments of catalog.get_dataset."""

  dataset_name: str | None
  dataset_split_name: str | None
  dataset_dir: str | None
  validation_fraction: float | None
  labels_offset: int | None


# As far as nothing else says anything.
DEFAULTS = {
  'dataset_name': 'imagenet',
  'validation_fraction': 0.2,
  'labels_offset': 0,
}


def define_for_training() -> None:
  """Defines the flags of the programs that train."""
  _define_dataset(DEFAULTS, 'train', '')
  flags.DEFINE_string(
    'preprocessing_name',
    None,
    'Preparation of images: inception (cuts out a random part, flips it and '
    'changes its colours) or lenet (only resizes). Default: the one that suits '
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
  )
  flags.DEFINE_integer(
    'seed',
    0,
    'Seed of the initial weights, the order of the images and their random '
    'changes.',
  )
  _define_batches(32)
  _define_reading()


def define_for_evaluation() -> None:
  """Defines the flags of the programs that evaluate."""
  _define_dataset(dict.fromkeys(DEFAULTS), None, ' Default: as in training')
  define_for_inference(100)
  _define_reading()


def define_for_inference(batch_size: int) -> None:
  """Defines what all programs need that take images to a checkpoint."""
  flags.DEFINE_string(
    'preprocessing_name',
    None,
    'Preparation of images: inception (takes the middle, 87.5 % of each side) '
    'or lenet (resizes the whole image). Default: as in training; otherwise '
    'the one that suits the data set, or inception where there is none.',
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
    'otherwise the size for which the network was designed.',
  )
  _define_batches(batch_size)


def _define_dataset(defaults, split_name, as_in_training):
  """Defines what DatasetOptions are read from."""

  def otherwise(text):
    return as_in_training and f'{as_in_training}, otherwise {text}.'

  flags.DEFINE_string(
    'dataset_name',
    defaults['dataset_name'],
    f'Name of the data set: {", ".join(catalog.dataset_names())}. image_folder '
    'is a folder of images with a subfolder for each class; tfrecord is any '
    'folder of TFRecords with a labels.txt; digits comes with this program.'
    + otherwise('imagenet'),
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
    defaults['validation_fraction'],
    'Part of the images to hold out, from 0 to 1, for an image_folder that is '
    'not divided into train/ and validation/.' + otherwise('0.2'),
  )
  flags.DEFINE_integer(
    'labels_offset',
    defaults['labels_offset'],
    'Number subtracted from each label: 1 drops a background class, which is '
    'label 0; -1 makes room for one.' + otherwise('0'),
  )


def _define_batches(batch_size):
  flags.DEFINE_integer(
    'batch_size', batch_size, 'Number of images per step.', lower_bound=1
  )


def _define_reading():
  flags.DEFINE_integer(
    'num_preprocessing_threads',
    4,
    'Number of images to prepare at the same time.',
    lower_bound=1,
  )
  flags.DEFINE_integer(
    'max_bad_images',
    0,
    'Number of unreadable images to skip. One more stops the program.',
    lower_bound=0,
  )


def read_dataset() -> DatasetOptions:
  """Returns what the flags of the data set say."""
  return DatasetOptions(
    **{name: flags.FLAGS[name].value for name in DatasetOptions._fields}
  )


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
    for name in ('num_preprocessing_threads', 'seed')
    if name in values
  }
  return options._replace(**more)
