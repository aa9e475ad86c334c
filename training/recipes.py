"""Recipes: flags that belong together, under one name (--recipe).

A recipe is a table of flags and values, nothing else; flags that are given come
first. recipe_flags.py applies it.
"""

from typing import NamedTuple

from datasets import preprocessing

Value = float | int | str

_CLASSIFIERS = (preprocessing.LABELS,)
# The kind of targets -> the data set that is a folder of one's own.
FOLDERS = {
  preprocessing.LABELS: 'image_folder',
  preprocessing.BOXES: 'yolo_folder',
  preprocessing.MASKS: 'mask_folder',
}


class Recipe(NamedTuple):
  """What a name stands for."""

  source: str
  flags: dict[str, Value]
  kinds: tuple[str, ...] = _CLASSIFIERS  # of targets, which it is for
  is_of_folder: bool = False  # --dataset_name is that of FOLDERS
  is_of_checkpoint: bool = False  # it needs a --checkpoint_path


RECIPES = {
  'slim': Recipe("the programs' defaults", {}, kinds=preprocessing.KINDS),
  # Section 6.1; 16 asynchronous workers took a batch each.
  'paper': Recipe(
    'MobileNetV2, arXiv 1801.04381',
    {
      'optimizer': 'rmsprop',
      'rmsprop_decay': 0.9,
      'rmsprop_momentum': 0.9,
      'learning_rate': 0.045,
      'learning_rate_decay_type': 'exponential',
      'learning_rate_decay_factor': 0.98,
      'num_epochs_per_decay': 1.0,
      'weight_decay': 4e-5,
      'batch_size': 96,
    },
  ),
  # Eight GPUs took 32 images each, and normalised each by its own.
  'mmpretrain': Recipe(
    "mmpretrain's mobilenet-v2_8xb32_in1k",
    {
      'optimizer': 'momentum',
      'momentum': 0.9,
      'learning_rate': 0.045,
      'learning_rate_decay_type': 'exponential',
      'learning_rate_decay_factor': 0.98,
      'num_epochs_per_decay': 1.0,
      'weight_decay': 4e-5,
      'batch_size': 32,
      'accumulate_steps': 8,
      'num_epochs': 300,
    },
  ),
  # Section 6.1.1: 128 images on each of 32 chips.
  'mobilenet_v3': Recipe(
    'MobileNetV3, arXiv 1905.02244',
    {
      'optimizer': 'rmsprop',
      'rmsprop_momentum': 0.9,
      'learning_rate': 0.1,
      'learning_rate_decay_type': 'exponential',
      'learning_rate_decay_factor': 0.99,
      'num_epochs_per_decay': 3.0,
      'weight_decay': 1e-5,
      'dropout_keep_prob': 0.8,
      'moving_average_decay': 0.9999,
      'batch_norm_decay': 0.99,
      'batch_size': 128,
      'accumulate_steps': 32,
    },
  ),
  'finetune': Recipe(
    'for a folder of your own, from a checkpoint',
    {
      'optimizer': 'adam',
      'opt_epsilon': 1e-8,
      'learning_rate': 0.0003,
      'head_learning_rate_multiplier': 10.0,
      'learning_rate_decay_type': 'cosine',
      'end_learning_rate': 0.0,
      'label_smoothing': 0.1,
      'num_epochs': 21,
      'freeze_epochs': 7,
      'moving_average_decay': 0.99,
    },
    preprocessing.KINDS,
    is_of_folder=True,
    is_of_checkpoint=True,
  ),
  'small': Recipe(
    'for a few hundred images of your own, from scratch',
    {
      'learning_rate': 0.03,
      'learning_rate_decay_type': 'polynomial',
      'num_epochs': 30,
    },
    is_of_folder=True,
  ),
}

# Of flags that say after how many epochs, a recipe means a part of its
# num_epochs: with others they are others.
PARTS_OF_TRAINING = ('freeze_epochs', 'warmup_epochs')


def names(kind: str) -> tuple[str, ...]:
  """Returns the recipes for a kind of targets."""
  return tuple(name for name, recipe in RECIPES.items() if kind in recipe.kinds)


def values(name: str, kind: str, given: dict[str, Value]) -> dict[str, Value]:
  """Returns {flag: value} of a recipe, without the flags that are given.

  Args:
    name: of the recipe.
    kind: of targets.
    given: {flag: value} of those that come first.
  """
  recipe = RECIPES[name]
  table = dict(recipe.flags)
  if recipe.is_of_folder:
    table['dataset_name'] = FOLDERS[kind]
  if 'max_number_of_steps' in given:
    num_epochs = table.pop('num_epochs', None)
    if 'freeze_epochs' in table and 'freeze_epochs' not in given:
      table['freeze_part'] = table.pop('freeze_epochs') / num_epochs
  elif 'num_epochs' in table and 'num_epochs' in given:
    for flag in PARTS_OF_TRAINING:
      if flag in table:
        table[flag] *= given['num_epochs'] / table['num_epochs']
  return {flag: value for flag, value in table.items() if flag not in given}
