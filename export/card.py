"""What lies beside an export: README.md and model.json."""

import hashlib
import os
from typing import Any

from base import files
from base.errors import InputError
from checkpoints import names
from checkpoints import run_info
from datasets import labels
from datasets import preparation
from datasets import shrinking
from export import card_code
from export import formats
from export import opened

FILE = 'README.md'
_BESIDE = (run_info.FILE_NAME, labels.FILE_NAME)
_ONE_THREAD = (
  ' It is for one thread: LiteRT 2.3 leaves out objects of the last class on '
  'more.'
)


def check_output(folder: str | None) -> str:
  """Returns a folder to write an export to, in place of what it holds.

  Raises:
    InputError: it holds what no export is, or cannot be made.
  """
  if not folder:
    raise InputError('--output is missing: the folder for the export')
  if os.path.exists(folder) and not os.path.isdir(folder):
    raise InputError(f'--output={folder} is a file; give a folder')
  there = os.listdir(folder) if os.path.isdir(folder) else []
  if opened.find(folder):
    there = sorted(set(there) - {FILE, *formats.NAMES, *_BESIDE})
  ancestor = os.path.abspath(folder)
  while not os.path.lexists(ancestor):
    ancestor = os.path.dirname(ancestor)
  if not (os.path.isdir(ancestor) and os.access(ancestor, os.W_OK)):
    raise InputError(
      f'--output={folder}: {ancestor} cannot be written: it is no folder, or '
      'not yours'
    )
  if there:
    raise InputError(
      f'--output={folder} holds files that no export has written '
      f'({names.several(there)}); give another folder, or empty it'
    )
  return folder


def sha256(path: str) -> str:
  """Returns that of a checkpoint's files, one after the other, by name."""
  folder, name = os.path.split(path)
  hashed = hashlib.sha256()
  for file in sorted(os.listdir(folder or '.')):
    if file == name or file.startswith((f'{name}.index', f'{name}.data-')):
      with open(os.path.join(folder, file), 'rb') as opened:
        while part := opened.read(2**20):
          hashed.update(part)
  return hashed.hexdigest()


def write(
  folder: str, info: dict[str, Any], label_names: Any, shown: str
) -> None:
  """Writes model.json, with its files' SHA-256, labels.txt and README.md.

  Args:
    folder: of the export.
    info: what run_info.write_run_info takes, and of the export format,
      precision, outputs, parameters, multiply_adds, bytes, checkpoint, step,
      checkpoint_sha256, versions, verification and evaluation.
    label_names: of the classes, or None.
    shown: of tasks.task.Exported.
  """
  run_info.write_run_info(folder, {**info, 'files': opened.hashes(folder)})
  if label_names:
    labels.write_folder(folder, label_names)
  code = card_code.write(info, bool(label_names), shown)
  files.write_bytes(
    os.path.join(folder, FILE), _text(info, code).encode(errors='replace')
  )


def _text(info, code):
  rows = '\n'.join(f'| {name} | {value} |' for name, value in _rows(info))
  return f"""\
# {info['model_name']}, {info['format']}, {info['precision']}

| | |
|---|---|
{rows}

## How to run it

From within this folder, with a photo.jpg; beside the runtime it takes NumPy and
Pillow alone:

```python
{code}```

{_input(info)}
"""


def _rows(info):
  """Yields (name, value) of what there is to know."""
  checked, evaluated = info['verification'], info['evaluation']
  yield 'network', info['model_name']
  yield 'width', info['width']
  yield 'classes', info['num_classes']
  yield 'image size', f'{info["image_size"]} x {info["image_size"]} pixels'
  yield 'parameters', f'{info["parameters"]:,}'
  yield 'multiply-adds', f'{info["multiply_adds"] / 1e6:,.2f} million'
  yield 'bytes', f'{info["bytes"]:,}'
  yield 'outputs', ', '.join(info['outputs'])
  yield (
    f'compared on {checked["images"]}',
    f'largest difference {checked["difference"]:.1e}; '
    f'{checked["agreeing"]:.2%} of {checked["what"]} agree',
  )
  if evaluated:
    for name, value in evaluated['file'].items():
      yield (
        f'{name} on {evaluated["data_set"]}',
        f'{value:.4f} (checkpoint: {evaluated["checkpoint"][name]:.4f})',
      )
  else:
    yield 'accuracy', 'not evaluated'
  yield 'checkpoint', info['checkpoint']
  yield 'its SHA-256', info['checkpoint_sha256']
  yield from info['versions'].items()


def _input(info):
  """Returns how images come to it."""
  size, name = info['image_size'], info['preprocessing_name']
  batch = info.get('batch_size') or 'batch'
  shrunk = _shrunk(size) if info['shrink_images'] else ''
  if info['format'] == 'saved_model':
    return (
      'It takes RGB images as uint8 [batch, height, width, 3] of any size, and '
      'resizes them as the network learnt. The signature `slim` takes float32 '
      f'[batch, {size}, {size}, 3] in [-1, 1].' + shrunk
    )
  scale = (
    'scaled to [-1, 1]'
    if info['format'] == 'frozen_graph'
    else 'from 0 to 255; the scaling is inside'
  )
  return (
    f'It takes RGB pixels [{batch}, {size}, {size}, 3], {scale}. The network '
    f'learnt from {preparation.in_words(name)}, bilinearly and without '
    'antialiasing. The lines do so, too; the resizing of Pillow and of other '
    'libraries does not, and may come to another class.'
    + shrunk
    + (_ONE_THREAD if batch == 1 else '')
  )


def _shrunk(image_size):
  """Returns what is to be done to large photographs first."""
  side = shrinking.smallest_side(image_size)
  return (
    f' Photographs of {2 * side} x {2 * side} pixels and more are shrunk '
    'before that. The lines do so to JPEGs, exactly as the checkpoint sees '
    'them. Large images of other formats they leave as they are, which comes '
    'near; exact is photo.reduce(N) after convert, of 8, 4 and 2 the largest '
    f'that leaves {side} x {side} pixels.'
  )
