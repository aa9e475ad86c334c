"""slim's released checkpoints, in the archives that they were published in.

A checkpoint of TensorFlow's first or second format, by its prefix, one of its
files or its folder; or an archive .tgz, .tar.gz or .tar that has one in it.
"""

import glob
import os
import posixpath
import re
import tempfile

import numpy as np

from base.errors import InputError
from checkpoints import names
from checkpoints import reader
from checkpoints.importing.imported import Imported
from datasets.archives import tar_files

_FILE_NAME = re.compile(r'(.*?)\.(index|meta|data-\d{5}-of-\d{5})')
# As in mobilenet_v1_0.25_128.tgz; names of folders tell it, too.
_IMAGE_SIZE = re.compile(r'_(96|128|160|192|224)(?=[._/]|$)')
_AVERAGED = 'ema'  # MobileNetV3's archives have the averages in this folder


def read(path: str, moving_averages: bool | None = None) -> Imported:
  """Reads a checkpoint.

  Args:
    path: of it, or of an archive.
    moving_averages: whether to take them in the variables' place; None: where
      there is one of each variable.

  Raises:
    InputError: there is none, or several, it is damaged or lacks averages.
  """
  if is_archive(path):
    with tempfile.TemporaryDirectory() as folder:
      member, prefix = _take_out(path, folder, moving_averages)
      name = f'{path}: {member}'
      try:
        checkpoint = reader.open_checkpoint(prefix)._replace(path=name)
      except InputError as error:
        raise InputError(str(error).replace(prefix, name)) from error
  else:
    checkpoint = reader.open_checkpoint(_only_one_in(path))
  if _is_averaged(checkpoint.path):
    moving_averages = False  # They are the variables.
  return _imported(checkpoint, moving_averages)


def is_archive(path: str) -> bool:
  """Whether it is a file that begins as gzip or tar does."""
  if not os.path.isfile(path):
    return False
  with open(path, 'rb') as file:
    begin = file.read(262)
  return begin[:2] == b'\x1f\x8b' or begin[257:] == b'ustar'


def _only_one_in(path):
  """Returns the checkpoint of a folder that was not written by training."""
  if not os.path.isdir(path) or reader.latest(path):
    return path
  found = glob.glob(os.path.join(glob.escape(path), '*.index'))
  return found[0] if len(found) == 1 else path


def _take_out(path, folder, moving_averages):
  """Writes the checkpoint's files; returns (its name there, its path here)."""
  contents = tar_files.read_members(path, _is_wanted)
  prefixes = {}
  for name in contents:
    match = _FILE_NAME.fullmatch(name)
    prefixes.setdefault(match[1] if match else name, []).append(name)
  averaged = moving_averages is not False
  chosen = [one for one in prefixes if _is_averaged(one) == averaged]
  chosen = chosen or list(prefixes)
  if len(chosen) != 1:
    found = names.several(sorted(chosen)) or 'none'
    raise InputError(
      f'{path} has {found} where one checkpoint should be'
      + (
        '; unpack it, and name one'
        if chosen
        else ': files NAME.ckpt.index and .data-..., or NAME.ckpt, whose names '
        'do not lead out of it'
      )
    )
  (member,) = chosen
  prefix = os.path.join(folder, 'model.ckpt')
  for name in prefixes[member]:
    with open(prefix + name.removeprefix(member), 'wb') as file:
      file.write(contents[name])
  return member, prefix


def _is_averaged(name):
  return _AVERAGED in name.replace(': ', '/').split('/')[:-1]


def _is_wanted(name):
  base = posixpath.basename(name)
  return base.endswith('.ckpt') or (
    bool(_FILE_NAME.fullmatch(base)) and not base.endswith('.meta')
  )


def _imported(checkpoint, moving_averages):
  variables = {
    name: name
    for name, value in sorted(checkpoint.values.items())
    if value.dtype.kind == 'f' and not names.is_of_training(name)
  }
  averages = {
    name: names.average_of(name)
    for name in variables
    if names.average_of(name) in checkpoint.values
  }
  lacking = [
    name
    for name in variables
    if name not in averages and '/moving_' not in name
  ]
  if moving_averages and lacking:
    raise InputError(
      f'{checkpoint.path} has no moving averages of {names.several(lacking)}: '
      'leave out --use_moving_averages'
    )
  notes = ()
  if moving_averages is not False and averages and not lacking:
    variables |= averages
    notes = ('Moving averages of the variables are taken in their place.',)
  values = {
    name: reader.read(checkpoint, at).astype(np.float32)
    for name, at in variables.items()
  }
  taken = {*variables, *variables.values()}
  sizes = _IMAGE_SIZE.findall(checkpoint.path.replace(': ', '/'))
  return Imported(
    values,
    variables,
    tuple(name for name in checkpoint.values if name not in taken),
    {'image_size': int(sizes[-1])} if sizes else {},
    'slim',
    notes=notes,
  )
