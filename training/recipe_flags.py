"""The flag --recipe, which sets others, and hints about flags to set."""

import os
import textwrap

from absl import flags

from base.errors import InputError
from checkpoints import reader
from checkpoints import run_info
from datasets.kinds import Kind
from datasets.kinds import LABELS
from runtime.network_flags import Choice
from specs import networks
from training import recipes

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()

# What a run that starts from a checkpoint is told by, besides a recipe.
_SAY_HOW = ('learning_rate', 'optimizer', 'trainable_scopes', 'recipe')
# A frozen body infers; it has no auxiliary head then.
_FREEZES = ('freeze_epochs', 'freeze_part')
# Flags that a checkpoint's model.json may set -> their names there.
_OF_CHECKPOINT = {
  'model_name': 'model_name',
  'train_image_size': 'image_size',
  **{name: name for name in networks.ARCHITECTURE},
}


def define(kind: Kind) -> None:
  """Defines the flag."""
  sources = '; '.join(
    f'{name}: {recipes.RECIPES[name].source}'
    for name in recipes.names(kind.name)
  )
  flags.DEFINE_enum(
    'recipe',
    None,
    recipes.names(kind.name),
    f'Several flags at once, which are printed. {sources}. Flags that are '
    'given come first. Default: none.',
  )


def apply(kind: Kind, choice: Choice) -> None:
  """Sets what the recipe says, and prints it; hints where none is given.

  Args:
    kind: of the data sets.
    choice: the networks to choose from.

  Raises:
    InputError: the recipe needs a checkpoint that is not given.
  """
  name = flags.FLAGS.recipe
  if name is not None:
    given = {
      flag: flags.FLAGS[flag].value
      for flag in flags.FLAGS
      if flags.FLAGS[flag].present
    }
    table = recipes.values(name, kind.name, given)
    if recipes.RECIPES[name].is_of_checkpoint:
      table |= _of_checkpoint(name, given, choice)
    if _has_auxiliary_head(table.get('model_name', flags.FLAGS.model_name)):
      for flag in _FREEZES:
        table.pop(flag, None)
    table = {
      flag: value for flag, value in table.items() if flag in flags.FLAGS
    }
    for flag, value in table.items():
      setattr(flags.FLAGS, flag, value)
    _tell(name, table)
  _hint(kind)


def _has_auxiliary_head(model_name):
  """Whether it has one in training; unknown names are refused elsewhere."""
  network = networks.ALL.get(model_name)
  return network is not None and network.family.has_auxiliary_head


def _begun_in(name):
  """Returns the folder of the checkpoint that training goes on from."""
  path, train_dir = flags.FLAGS.checkpoint_path, flags.FLAGS.train_dir
  if reader.latest(train_dir) is not None:
    return train_dir
  if path is None:
    raise InputError(
      f'--recipe={name} starts from a checkpoint: name one by '
      '--checkpoint_path, or take another recipe'
    )
  return run_info.folder_of(path)


def _of_checkpoint(name, given, choice):
  """Returns {flag: value} of the network that a checkpoint is of."""
  info = run_info.read_run_info(_begun_in(name))
  if info.get('model_name') not in choice.names:
    return {}  # A backbone for another task, or nothing is known.
  return {
    flag: _as_flag(info[key])
    for flag, key in _OF_CHECKPOINT.items()
    if info.get(key) is not None and flag not in given
  }


def _as_flag(value):
  """Returns what a flag holds: lists are of text."""
  return [str(one) for one in value] if isinstance(value, list) else value


def _tell(name, table):
  settings = ' '.join(
    f'--{flag}={_text(value)}' for flag, value in table.items()
  )
  print(
    textwrap.fill(
      f'Recipe {name}: {settings or "all flags as they are"}',
      80,
      subsequent_indent='  ',
      break_on_hyphens=False,
      break_long_words=False,
    ),
    flush=True,
  )


def _text(value):
  if isinstance(value, list):
    return ','.join(value)
  return f'{value:g}' if isinstance(value, float) else str(value)


def _is_there(checkpoint_path):
  """Whether a checkpoint is given that the run will not stumble over."""
  path = checkpoint_path or ''
  return os.path.exists(path) or os.path.exists(f'{path}.index')


def _hint(kind):
  """Says what is likely to be better than the defaults."""
  values = flags.FLAGS
  if (
    kind is LABELS
    and _is_there(values.checkpoint_path)
    and not any(values[flag].present for flag in _SAY_HOW)
    and reader.latest(values.train_dir) is None
  ):
    print(
      'The defaults are for training from scratch: to go on from a checkpoint, '
      '--recipe=finetune is better.',
      flush=True,
    )
  _hint_at_defaults(values)


def _hint_at_defaults(values):
  """Says which of slim's do not suit what is asked for."""
  factor = values['learning_rate_decay_factor']
  if values.learning_rate_decay_type == 'step' and factor.using_default_value:
    print(
      '--learning_rate_decay_type=step with '
      f'--learning_rate_decay_factor={factor.value} hardly lowers the rate: '
      'add --learning_rate_decay_factor=0.1.',
      flush=True,
    )
  epsilon = values['opt_epsilon']
  if values.optimizer == 'adam' and epsilon.using_default_value:
    print(
      f"--optimizer=adam with slim's --opt_epsilon={epsilon.value} hardly "
      'adapts: add --opt_epsilon=1e-8.',
      flush=True,
    )
