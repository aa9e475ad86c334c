"""Restores name-based checkpoints, by the name of each variable."""

import tensorflow as tf

from base.errors import InputError
from checkpoints import names
from checkpoints import reader
from checkpoints.reader import Checkpoint
from checkpoints.report import Report
from specs import roles


def all_of_run(
  model: tf.Module,
  checkpoint: Checkpoint,
  state_by_name: dict[str, tf.Variable],
) -> Report:
  """Restores a run: the model, and what else the checkpoint has of its state.

  Slots, averages and the like that are not there (slim's checkpoint, another
  optimizer) stay as they are; averages start at the restored variables.

  Args:
    model: a built model; all of its variables must be there, and fit.
    checkpoint: of the run.
    state_by_name: {name: variable} of the rest.

  Raises:
    InputError: the checkpoint is damaged, or of another model.
  """
  variables = model.variables_by_name
  missing, misfits = compare(checkpoint, variables)
  _require_all(checkpoint.path, variables, missing, misfits)
  missing, misfits = compare(checkpoint, state_by_name)
  found = {
    name: variable
    for name, variable in state_by_name.items()
    if name not in missing and name not in misfits
  }
  skipped = dict.fromkeys(misfits, 'other shape')
  report = _restore(checkpoint, {**variables, **found}, skipped, missing)
  for name in report.initialised:
    of = names.without_average(name)
    if of != name:
      state_by_name[name].assign(variables[of])
  return report


def for_fine_tuning(
  model: tf.Module,
  checkpoint: Checkpoint,
  exclude_scopes: str | None = None,
  ignore_missing_vars: bool = False,
) -> Report:
  """Restores the variables that are there, fit and are not excluded.

  Layers that make logits of another number of classes are left out without
  being excluded. Of a checkpoint that is for another task, the backbone is
  taken.

  Args:
    model: a built model.
    checkpoint: where from.
    exclude_scopes: comma-separated beginnings of names to leave as they are.
    ignore_missing_vars: leave other variables that are missing or of another
      shape as they are, too.

  Raises:
    InputError: the checkpoint is damaged, or of another model.
  """
  excluded = names.split_scopes(exclude_scopes)
  variables = model.variables_by_name
  skipped = {
    name: 'excluded' for name in variables if name.startswith(excluded)
  }
  wanted = {
    name: variable
    for name, variable in variables.items()
    if name not in skipped
  }
  name_there = _names_there(checkpoint, wanted)
  missing, misfits = compare(checkpoint, wanted, name_there)
  missing_there = [name for name in missing if name in name_there]
  if not ignore_missing_vars:
    _require_all(
      checkpoint.path,
      wanted,
      missing_there,
      {
        name: shapes
        for name, shapes in misfits.items()
        if not roles.is_head(name)
      },
      _remedy(len(name_there), len(missing_there) + len(misfits)),
    )
  elif wanted and len(missing) + len(misfits) == len(wanted):
    raise InputError(
      f'{checkpoint.path} has nothing for this model, whose variables are '
      f'{names.several(wanted)}'
    )
  found = {
    name: variable
    for name, variable in wanted.items()
    if name not in missing and name not in misfits
  }
  skipped.update(dict.fromkeys(misfits, 'other shape'))
  return _restore(checkpoint, found, skipped, missing, name_there)


def _remedy(num_wanted, num_unfit):
  """Returns how many variables fit; a way to go on if that is most of them.

  With few, training would begin from almost nothing, and hardly say so.
  """
  remedy = f'; {num_wanted - num_unfit} of {num_wanted} fit'
  if 2 * num_unfit > num_wanted:
    return f'{remedy}: is it of another network, or another width?'
  return f'{remedy} (--ignore_missing_vars leaves the others at random)'


def _names_there(checkpoint, variables):
  """Returns {name: what the checkpoint calls it}, of what it has to have.

  That is all variables; but where the checkpoint is for another task, only the
  backbone, which there may go by other names.
  """
  heads = [name for name in checkpoint.shapes if roles.is_head(name)]
  if not heads or any(name in variables for name in heads):
    return {name: name for name in variables}
  there = {names.of_backbone(name): name for name in checkpoint.shapes}
  wanted = {name: names.of_backbone(name) for name in variables}
  if not any(wanted.values()):
    return {name: name for name in variables}
  return {
    name: there.get(canonical, canonical)
    for name, canonical in wanted.items()
    if canonical
  }


def for_evaluation(
  model: tf.Module,
  checkpoint: Checkpoint,
  moving_average_decay: float | None = None,
) -> Report:
  """Restores every variable of a built model, or its average where asked.

  Raises:
    InputError: the checkpoint is damaged, of another model or of another
      number of classes; or without moving averages that are asked for.
  """
  variables = model.variables_by_name
  _require_all(checkpoint.path, variables, *compare(checkpoint, variables))
  if moving_average_decay:
    variables = {
      names.average_of(name): variable for name, variable in variables.items()
    }
    missing, misfits = compare(checkpoint, variables)
    if missing:
      raise InputError(
        f'{checkpoint.path} has no moving averages: {names.several(missing)}; '
        'evaluate without --moving_average_decay'
      )
    _require_all(checkpoint.path, variables, missing, misfits)
  return _restore(checkpoint, variables, {}, [])


def compare(
  checkpoint: Checkpoint,
  variables: dict[str, tf.Variable],
  name_there: dict[str, str] | None = None,
) -> tuple[list[str], dict[str, tuple[list[int], list[int]]]]:
  """Returns names that are missing, and {name: (shape there, shape here)}.

  name_there: {name: what the checkpoint calls it}; None: by the same names.
  """
  shapes = checkpoint.shapes
  missing, misfits = [], {}
  for name, variable in variables.items():
    there = shapes.get(name if name_there is None else name_there.get(name))
    here = variable.shape.as_list()
    if there is None:
      missing.append(name)
    elif there != here:
      misfits[name] = (there, here)
  return missing, misfits


def _require_all(path, variables, missing, misfits, remedy=''):
  """Raises InputError if a name is missing or misfits."""
  if missing:
    raise InputError(
      f'{path} is of another model: it lacks {len(missing)} of '
      f'{len(variables)} variables: {names.several(missing)}{remedy}'
    )
  if misfits and all(roles.is_head(name) for name in misfits):
    name, (there, here) = next(iter(misfits.items()))
    if there[-1] != here[-1]:
      classes_there, classes_here = (
        roles.count_classes(name, shape[-1]) for shape in (there, here)
      )
      raise InputError(
        f'{path} has {classes_there} classes, the model asked for '
        f'has {classes_here}: {name} is {there}, not {here}'
      )
  if misfits:
    reasons = [
      f'{name} is {there}, not {here}'
      for name, (there, here) in misfits.items()
    ]
    raise InputError(
      f'{path} is of another model: {len(reasons)} of '
      f'{len(variables)} variables have another shape: '
      f'{names.several(reasons)}{remedy}'
    )


def _restore(checkpoint, variables, skipped, initialised, name_there=None):
  """Assigns all of variables, or raises InputError and assigns none."""
  values = {
    name: reader.read(checkpoint, (name_there or {}).get(name, name))
    for name in variables
  }
  for name, variable in variables.items():
    variable.assign(values[name].astype(variable.dtype.as_numpy_dtype))
  return Report(
    checkpoint.path,
    checkpoint.step,
    tuple(variables),
    skipped,
    tuple(initialised),
  )
