r"""Examines a data set, a checkpoint or both, before time is spent on them.

  python doctor.py --dataset_name=image_folder --dataset_dir=photos/
  python doctor.py --task=detection --dataset_name=coco --dataset_dir=coco/
  python doctor.py --checkpoint_path=run/

Of a data set it reads every image: classes, sizes, damage, duplicates. Of a
checkpoint it tells the network, its classes and step, whether all values are
finite, and into which networks it would restore. --json prints the same for
programs. The status is 1 where there is something to look at.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

import json
import sys

from absl import flags

from base import errors
from base import program_flags
from base.errors import InputError
from checkpoints import reader
from datasets import image_folder
from datasets import kinds
from datasets.catalog import Dataset
from datasets.kinds import DatasetOptions
from datasets.kinds import Kind
from datasets.shard_files import NotWholeError
from inspection import checkpoints
from inspection import data_sets
from inspection import tables

_KINDS = {
  'classification': kinds.LABELS,
  'detection': kinds.BOXES,
  'segmentation': kinds.MASKS,
}
_SPLITS = ('train', 'validation', 'test')

flags.DEFINE_enum(
  'task',
  'classification',
  list(_KINDS),
  'Task for which the data set is read: with labels, boxes or masks.',
)
flags.DEFINE_string(
  'dataset_name',
  None,
  'Name of the data set, by task: '
  + '; '.join(
    f'{task}: {", ".join(kind.dataset_names)}' for task, kind in _KINDS.items()
  )
  + '. Default: none is read.',
)
program_flags.define_path(
  'dataset_dir',
  None,
  'Folder of the data set; digits and digits_scenes need none.',
)
flags.DEFINE_float(
  'validation_fraction',
  image_folder.VALIDATION_FRACTION,
  'Part of the images, from 0 to 1, that training would hold out of a folder '
  'that is not divided into training and validation.',
  0.0,
  1.0,
)
program_flags.define_path(
  'checkpoint_path',
  None,
  'Checkpoint, or a folder, of which the newest is taken. Default: none is '
  'read.',
)
program_flags.require_utf8('checkpoint_path')
flags.DEFINE_string(
  'model_name',
  None,
  'Network to compare the checkpoint with. Default: that of model.json beside '
  'it, otherwise all of the family that shares most names with it.',
)
flags.DEFINE_bool(
  'json',
  False,
  'Prints one JSON object, with all that a screen has no room for.',
)


def main(argv: list[str]) -> None:
  """Examines as the flags say."""
  program_flags.reject_arguments(argv)
  values = flags.FLAGS
  if values.dataset_name is None and values.checkpoint_path is None:
    raise InputError(
      'give --dataset_name (and --dataset_dir), --checkpoint_path, or both'
    )
  found = {}
  if values.dataset_name is not None:
    kind = _KINDS[values.task]
    splits = _open_splits(
      kind, values.dataset_name, values.dataset_dir, values.validation_fraction
    )
    found['data_set'] = data_sets.inspect(splits, kind.labels_in)
  if values.checkpoint_path is not None:
    found['checkpoint'] = checkpoints.inspect(
      reader.open_checkpoint(values.checkpoint_path), values.model_name
    )
  _print(found, values.json, values.dataset_dir)
  sys.exit(any(report.warnings for report in found.values()))


def _open_splits(
  kind: Kind, name: str, folder: str | None, validation_fraction: float
) -> list[Dataset]:
  """Returns the splits that there are, each once."""
  splits, errors_met = {}, []
  for split_name in _SPLITS:
    try:
      dataset = kind.open(
        DatasetOptions(name, split_name, folder, validation_fraction)
      )
      splits.setdefault(dataset.split_name, dataset)
    except NotWholeError:
      raise  # It is not that there is no such split.
    except InputError as error:
      errors_met.append(error)
  if not splits:
    raise errors_met[0]
  return list(splits.values())


def _print(found, as_json, folder):
  if as_json:
    print(json.dumps(tables.as_json(found), indent=2))
    return
  texts = []
  if 'data_set' in found:
    texts.append(tables.data_table(found['data_set'], folder))
  if 'checkpoint' in found:
    texts.append(tables.checkpoint_table(found['checkpoint']))
  print('\n\n'.join(texts))


if __name__ == '__main__':
  errors.run(main)
