"""Name-based checkpoints: slim's are read, and slim can read these.

A checkpoint is a file prefix, model.ckpt-STEP; the file `checkpoint` beside it
names the newest. Variables are found by name, whatever made them.
"""

import os
import re
import tempfile
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from errors import InputError
from training import averages as moving_averages
from training import restore_report

# The layers whose last dimension is the number of classes.
_HEAD = re.compile(r'(^|/)(Logits|aux_logits|final_layer)/')


class Writer(NamedTuple):
  """Where checkpoints go, and what goes into them."""
  saver: tf.compat.v1.train.Saver
  train_dir: str
  variables_by_name: dict


def make_writer(variables_by_name, train_dir, max_to_keep=5):
  """Returns a Writer, which deletes all but the newest max_to_keep.

  Raises:
    InputError: train_dir cannot be made or written to.
  """
  try:
    os.makedirs(train_dir, exist_ok=True)
    tempfile.TemporaryFile(dir=train_dir).close()
  except OSError as error:
    raise InputError(f'train_dir {train_dir} cannot be written: '
                     f'{error.strerror}') from error
  saver = tf.compat.v1.train.Saver(
      variables_by_name, max_to_keep=max_to_keep, save_relative_paths=True)
  state = tf.train.get_checkpoint_state(train_dir)
  if state:  # Of an earlier run, whose checkpoints count towards max_to_keep.
    saver.recover_last_checkpoints(state.all_model_checkpoint_paths)
  return Writer(saver, train_dir, variables_by_name)


def save(writer, step):
  """Writes model.ckpt-STEP into train_dir and returns its path.

  Raises:
    InputError: a value is not finite (nothing is written), or the disk is full.
  """
  check_finite(writer, step)
  prefix = os.path.join(writer.train_dir, 'model.ckpt')
  try:
    return writer.saver.save(
        None, prefix, global_step=step, write_meta_graph=False)
  except tf.errors.OpError as error:
    raise InputError(f'{prefix}-{step} cannot be written: '
                     f'{error.message}') from error


def check_finite(writer, step):
  """Raises InputError if a value that save would write is not finite."""
  for name, variable in writer.variables_by_name.items():
    if not _finite(variable.numpy()):
      raise InputError(f'training has diverged: {name} is not finite at step '
                       f'{step}; no checkpoint was written')


def latest(folder):
  """Returns the path of the folder's newest checkpoint, None if it has none.

  Raises:
    InputError: the folder's `checkpoint` file is damaged, or names a checkpoint
      that is not there.
  """
  if not os.path.exists(os.path.join(folder, 'checkpoint')):
    return None
  path = tf.train.latest_checkpoint(folder)
  if path is None:
    raise InputError(f'{folder}/checkpoint does not name a checkpoint that is '
                     'there: name one by its path, or delete that file')
  return path


def trainable_variables(model, trainable_scopes=None):
  """Returns the part of model.trainable_variables_by_name to be trained.

  trainable_scopes: comma-separated beginnings of names; None means all.

  Raises:
    InputError: no variable's name begins with one of them.
  """
  scopes = _split(trainable_scopes)
  variables = model.trainable_variables_by_name
  if not scopes:
    return dict(variables)
  for scope in scopes:
    if not any(name.startswith(scope) for name in variables):
      raise InputError(f'trainable_scopes: no trainable variable begins with '
                       f'{scope!r}; they are {_several(list(variables))}')
  return {name: variable for name, variable in variables.items()
          if name.startswith(scopes)}


def restore_all(path, model, state_by_name):
  """Restores a run: the model, and what else the checkpoint has of its state.

  Slots, averages and the like that are not there (slim's checkpoint, another
  optimizer) stay as they are; averages start at the restored variables.

  Args:
    path: a checkpoint, or a folder with one.
    model: a built model; all of its variables must be there, and fit.
    state_by_name: {name: variable} of the rest.

  Returns:
    restore_report.Report.

  Raises:
    InputError: no such checkpoint, damaged, or of another model.
  """
  path, reader = open_checkpoint(path)
  variables = model.variables_by_name
  missing, misfits = _compare(reader, variables)
  _require_all(path, variables, missing, misfits)
  missing, misfits = _compare(reader, state_by_name)
  found = {name: variable for name, variable in state_by_name.items()
           if name not in missing and name not in misfits}
  skipped = dict.fromkeys(misfits, 'other shape')
  report = _restore(path, reader, {**variables, **found}, skipped, missing)
  for name in report.initialised:
    of = name.removesuffix(moving_averages.SUFFIX)
    if of != name:
      state_by_name[name].assign(variables[of])
  return report


def restore_for_fine_tuning(model, path, exclude_scopes=None,
                            ignore_missing_vars=False):
  """Restores the variables that are there, fit and are not excluded.

  Layers that make logits of another number of classes are left out without
  being excluded.

  Args:
    model: a built model.
    path: a checkpoint, or a folder with one.
    exclude_scopes: comma-separated beginnings of names to leave as they are.
    ignore_missing_vars: leave other variables that are missing or of another
      shape as they are, too.

  Returns:
    restore_report.Report.

  Raises:
    InputError: no such checkpoint, damaged, or of another model.
  """
  path, reader = open_checkpoint(path)
  excluded = _split(exclude_scopes)
  variables = model.variables_by_name
  skipped = {name: 'excluded' for name in variables
             if name.startswith(excluded)}
  wanted = {name: variable for name, variable in variables.items()
            if name not in skipped}
  missing, misfits = _compare(reader, wanted)
  if not ignore_missing_vars:
    body = {name: shapes for name, shapes in misfits.items()
            if not _HEAD.search(name)}
    _require_all(path, wanted, missing, body, ' (or set --ignore_missing_vars)')
  elif wanted and len(missing) + len(misfits) == len(wanted):
    raise InputError(f'{path} has nothing for this model, whose variables are '
                     f'{_several(list(wanted))}')
  found = {name: variable for name, variable in wanted.items()
           if name not in missing and name not in misfits}
  skipped.update(dict.fromkeys(misfits, 'other shape'))
  return _restore(path, reader, found, skipped, missing)


def restore_for_evaluation(model, path, moving_average_decay=None):
  """Restores every variable of a built model, or its average where asked.

  path is a checkpoint, or a folder with one. Returns restore_report.Report.

  Raises:
    InputError: no such checkpoint, damaged, of another model or of another
      number of classes; or without moving averages that are asked for.
  """
  path, reader = open_checkpoint(path)
  variables = model.variables_by_name
  _require_all(path, variables, *_compare(reader, variables))
  if moving_average_decay:
    variables = {name + moving_averages.SUFFIX: variable
                 for name, variable in variables.items()}
    missing, misfits = _compare(reader, variables)
    if missing:
      raise InputError(
          f'{path} has no moving averages: {_several(missing)}; evaluate '
          'without --moving_average_decay')
    _require_all(path, variables, missing, misfits)
  return _restore(path, reader, variables, {}, [])


def open_checkpoint(path):
  """Returns the checkpoint's prefix and a reader of its index.

  path is a checkpoint, one of its files, or a folder, whose newest is taken.

  Raises:
    InputError: there is none, or it is damaged.
  """
  path = os.path.expanduser(path)
  if os.path.isdir(path):
    folder, path = path, latest(path)
    if path is None:
      raise InputError(f'{folder} has no checkpoint, or no file `checkpoint` '
                       'that names it: give the path of a model.ckpt-STEP')
  # Shells complete to the file, where the prefix is meant.
  path = re.sub(r'\.(index|meta|data-\d{5}-of-\d{5})$', '', path)
  try:
    return path, tf.train.load_checkpoint(path)
  except tf.errors.NotFoundError as error:
    raise InputError(f'there is no checkpoint {path}') from error
  except (tf.errors.OpError, IndexError, ValueError) as error:
    raise InputError(f'{path} is not a checkpoint, or is damaged: '
                     f'{error}') from error


def _compare(reader, variables):
  """Returns names that are missing, and {name: (shape there, shape here)}."""
  there = reader.get_variable_to_shape_map()
  here = {name: variable.shape.as_list()
          for name, variable in variables.items()}
  missing = [name for name in here if name not in there]
  misfits = {name: (there[name], here[name]) for name in here
             if name in there and there[name] != here[name]}
  return missing, misfits


def _require_all(path, variables, missing, misfits, remedy=''):
  """Raises InputError if a name is missing or misfits."""
  if missing:
    raise InputError(
        f'{path} is of another model: it lacks {len(missing)} of '
        f'{len(variables)} variables: {_several(missing)}{remedy}')
  if misfits and all(_HEAD.search(name) for name in misfits):
    name, (there, here) = next(iter(misfits.items()))
    if there[-1] != here[-1]:
      raise InputError(f'{path} has {there[-1]} classes, the model asked for '
                       f'has {here[-1]}: {name} is {there}, not {here}')
  if misfits:
    reasons = [f'{name} is {there}, not {here}'
               for name, (there, here) in misfits.items()]
    raise InputError(f'{path} is of another model: {len(reasons)} of '
                     f'{len(variables)} variables have another shape: '
                     f'{_several(reasons)}{remedy}')


def _restore(path, reader, variables, skipped, initialised):
  """Assigns all of variables, or raises InputError and assigns none."""
  values = {name: _read(path, reader, name) for name in variables}
  for name, variable in variables.items():
    variable.assign(values[name].astype(variable.dtype.as_numpy_dtype))
  step = None
  if reader.has_tensor('global_step'):
    step = int(_read(path, reader, 'global_step'))
  return restore_report.Report(
      path, step, tuple(variables), skipped, tuple(initialised))


def _read(path, reader, name):
  try:
    value = np.asarray(reader.get_tensor(name))
  except (tf.errors.OpError, IndexError) as error:
    raise InputError(
        f'{path} is damaged: {name} cannot be read: {error}') from error
  if not _finite(value):
    raise InputError(f'{path}: {name} holds NaN or infinite values')
  return value


def _finite(value):
  return value.dtype.kind != 'f' or np.isfinite(value).all()


def _split(scopes):
  return tuple(scope.strip() for scope in (scopes or '').split(',')
               if scope.strip())


def _several(names, show=3):
  """Returns the first few names, and how many more there are."""
  more = f' and {len(names) - show} more' if len(names) > show else ''
  return ', '.join(names[:show]) + more
