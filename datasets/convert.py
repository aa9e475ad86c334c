r"""Writes a folder of images as sharded TFRecords in slim's schema.

  python -m datasets.convert --source=photos/ --output=records/

The folder holds a subfolder for each class, or train/ and validation/ folders
with these in them. Train with --dataset_name=tfrecord --dataset_dir=records/.
"""

import quiet_tensorflow  # First: it imports TensorFlow.

import os

from absl import flags

from datasets import folder_to_records
import errors
from errors import InputError

_SOURCE = flags.DEFINE_string(
    'source', None, 'Folder of images, one subfolder per class.')
_OUTPUT = flags.DEFINE_string('output', None, 'Folder to write; new or empty.')
_SHARDS = flags.DEFINE_integer('shards', 5, 'Files per split.', lower_bound=1)
_VALIDATION_FRACTION = flags.DEFINE_float(
    'validation_fraction', 0.2, 'Part of the images to hold out, where the '
    'source has no validation folder.', lower_bound=0, upper_bound=1)


def main(argv):
  if len(argv) > 1:
    raise InputError(f'unexpected argument {argv[1]}')
  if not _SOURCE.value or not _OUTPUT.value:
    raise InputError('set --source, a folder of images, and --output')
  folder_to_records.convert(
      os.path.expanduser(_SOURCE.value), os.path.expanduser(_OUTPUT.value),
      _SHARDS.value, _VALIDATION_FRACTION.value)


if __name__ == '__main__':
  errors.run(main)
