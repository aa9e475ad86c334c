r"""Makes a checkpoint of weights that are in another library's file.

  python import_checkpoint.py mobilenet_v2_1.0_224.tgz --output=imported/ \
      --labels_path=imagenet_labels.txt
  python import_checkpoint.py mobilenet_v2.keras --output=model.ckpt
  python classify_image.py --checkpoint_path=imported/ photo.jpg

What the file is, and which network it is of, it tells from what is in it; a
network that is there in part only is refused, but for one without its last
layer, from which training may start. Beside the checkpoint go model.json, with
all that the other programs need to know, and, where they are known, the names
of the classes, labels.txt. Nothing in a file is ever run.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

import glob
import os
from typing import NamedTuple

from absl import flags

from base import errors
from base import files
from base import program_flags
from base.errors import InputError
from checkpoints import run_info
from checkpoints import writer
from checkpoints.importing import formats
from checkpoints.importing.imported import Imported
from datasets import labels
from datasets import preprocessing
from inspection import imported_weights
from inspection.imported_weights import Fitted
from specs import networks

_NAME = 'model.ckpt'
_IMAGENET = 1000  # classes; 1001 with the background, which comes first

program_flags.define_path(
  'output',
  None,
  'Checkpoint to write, or a folder, which ends with / or is there: then '
  f'{_NAME} in it.',
)
program_flags.require_utf8('output')
program_flags.define_path(
  'labels_path',
  None,
  'File with the names of the classes: one name on each line, in the order of '
  'the classes, or lines id:name. Default: the names in the source, if it has '
  'any.',
)
flags.DEFINE_bool(
  'use_moving_averages',
  None,
  'Takes the moving averages of the variables in their place. Default: if the '
  'source has them all.',
)
flags.DEFINE_bool('overwrite', False, 'Replaces files that are there already.')


class OutputOptions(NamedTuple):
  """Where to, and with which names."""

  output: str
  labels_path: str | None
  overwrite: bool

  @property
  def path(self) -> str:
    """The checkpoint's."""
    if self.output.endswith('/') or os.path.isdir(self.output):
      return os.path.join(self.output, _NAME)
    return self.output

  @property
  def folder(self) -> str:
    """Its folder."""
    return os.path.dirname(self.path) or '.'


def main(argv: list[str]) -> None:
  """Imports as the flags say."""
  source = _source(argv)
  output = program_flags.read(OutputOptions)
  _check_output(output)
  imported = formats.read(source, flags.FLAGS.use_moving_averages)
  fitted = imported_weights.fit(source, imported)
  label_names = _label_names(output.labels_path, imported, fitted.num_classes)
  print(imported_weights.table(source, imported, fitted))
  info = _info(source, imported, fitted)
  _tell_differences(imported, info)
  _write(output, fitted, info, label_names)
  _tell(output, fitted, label_names)


def _source(argv):
  """Returns the one argument that is no flag."""
  if len(argv) != 2:
    raise InputError(
      f'{len(argv) - 1} files are named: name one, whose weights to import'
    )
  return os.path.expanduser(argv[1])


def _check_output(output: OutputOptions) -> None:
  """Raises InputError if there is none, or something would be written over."""
  if not output.output:
    raise InputError('say where the checkpoint is to go, by --output')
  beside = (run_info.FILE_NAME, labels.FILE_NAME, 'checkpoint')
  there = [
    *glob.glob(f'{glob.escape(output.path)}.*'),
    *(os.path.join(output.folder, name) for name in beside),
  ]
  there = [path for path in there if os.path.lexists(path)]
  if there and not output.overwrite:
    raise InputError(
      f'{there[0]} is there already: give another --output, or --overwrite'
    )


def _label_names(path, imported: Imported, num_classes):
  """Returns the names of the classes; None: they are not known."""
  names = labels.read_label_names(path) if path else imported.labels
  if not names or num_classes is None:
    return None
  if (num_classes, len(names)) == (_IMAGENET + 1, _IMAGENET):
    names = (labels.BACKGROUND, *names)
    print(f'{path or "The source"} has no name for the background: label 0.')
  elif (num_classes, len(names)) == (_IMAGENET, _IMAGENET + 1):
    print(f'{names[0]}, label 0 of {path or "the source"}, is no class here.')
    names = names[1:]
  if len(names) != num_classes:
    raise InputError(
      f'{path or "the source"} names {len(names)} classes, the network has '
      f'{num_classes}: give a file of {num_classes} names by --labels_path'
    )
  return tuple(names)


def _info(source, imported: Imported, fitted: Fitted):
  """Returns what model.json keeps."""
  kind = (
    preprocessing.BOXES
    if fitted.model_name in networks.DETECTORS
    else preprocessing.MASKS
    if fitted.model_name in networks.SEGMENTERS
    else preprocessing.LABELS
  )
  return {
    'model_name': fitted.model_name,
    **fitted.options,
    'num_classes': fitted.num_classes,
    'image_size': imported.options.get('image_size', fitted.default_image_size),
    'preprocessing_name': preprocessing.names(kind)[0],
    'imported_from': {
      'library': imported.library,
      'file': os.path.basename(os.path.abspath(source)),
    },
  }


def _tell_differences(imported: Imported, info):
  """Prints in what the network is not slim's."""
  for name in networks.COMPUTATION:
    if info.get(name) is not None:
      print(
        f'Not as in slim, and kept in {run_info.FILE_NAME}: {name} {info[name]}'
      )
  for note in imported.notes:
    print(note)
  print(
    'Assumed of what comes before the network, and kept: preprocessing_name '
    f'{info["preprocessing_name"]}'
  )


def _write(output: OutputOptions, fitted: Fitted, info, label_names):
  """Writes all files, or none."""
  files.make_folder(output.folder, 'output')
  size = sum(value.nbytes for value in fitted.values.values())
  files.check_room(output.folder, size, 'a checkpoint')
  with files.write_together(output.folder, last='.index') as partial:
    writer.write_values(
      fitted.values, os.path.join(partial, os.path.basename(output.path))
    )
    run_info.write_run_info(partial, info)
    if label_names:
      labels.write_folder(partial, label_names)
    elif os.path.lexists(os.path.join(output.folder, labels.FILE_NAME)):
      os.remove(os.path.join(output.folder, labels.FILE_NAME))


def _tell(output: OutputOptions, fitted: Fitted, label_names):
  """Prints what there is now, and what to do with it."""
  print(f'Saved {output.path}, with {run_info.FILE_NAME}.')
  if fitted.num_classes is None:
    print(
      'It has no layer of logits: training takes it by '
      f'--checkpoint_path={output.path} --ignore_missing_vars.'
    )
  elif not label_names:
    print(
      'The names of its classes are not known: --labels_path takes a file of '
      'them.'
    )


if __name__ == '__main__':
  errors.run(main)
