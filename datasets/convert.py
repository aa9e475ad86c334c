r"""Writes a folder of images as TFRecords in slim's schema.

  python -m datasets.convert --source=photos/ --output=records/
  python -m datasets.convert --source=photos/ --output=records/ \
      --validation_fraction=0.1
  python -m datasets.convert --source=photos/ --output=records/ --shards=20
  python -m datasets.convert --source=photos/ --output=records/ \
      --max_image_size=640

The folder holds a subfolder for each class, or train/ and validation/ with such
subfolders. To train: --dataset_name=tfrecord --dataset_dir=records/.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

from absl import flags

from base import errors
from base import limits
from base import program_flags
from base.errors import InputError
from datasets import folder_to_records
from datasets import image_folder
from datasets import shrinking

program_flags.define_path(
  'source', None, 'Folder of images, with a subfolder for each class.'
)
program_flags.define_path('output', None, 'Folder to write, new or empty.')
flags.DEFINE_integer('shards', 5, 'Number of files per split.', lower_bound=1)
flags.DEFINE_float(
  'validation_fraction',
  image_folder.VALIDATION_FRACTION,
  'Part of the images to hold out, from 0 to 1, if the source is not divided '
  'into train/ and validation/.',
  lower_bound=0,
  upper_bound=1,
)
flags.DEFINE_integer(
  'max_image_size',
  None,
  'Longest side of an image, in pixels: larger ones are shrunk to it, and '
  f'become JPEGs of quality {shrinking.JPEG_QUALITY}; others are packed as '
  'without this flag. Default: none is shrunk.',
  1,
  limits.IMAGE_SIZE,
)


def main(argv: list[str]) -> None:
  """Converts as the flags say."""
  program_flags.reject_arguments(argv)
  values = flags.FLAGS
  if not values.source or not values.output:
    raise InputError('set --source, a folder of images, and --output')
  folder_to_records.convert(
    values.source,
    values.output,
    values.shards,
    values.validation_fraction,
    values.max_image_size,
  )


if __name__ == '__main__':
  errors.run(main)
