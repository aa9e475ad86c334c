"""Kinds of data sets, by what is known of an image: what a user may choose."""

from collections.abc import Callable
import os
from typing import Any
from typing import NamedTuple

from base.errors import InputError
from datasets import catalog
from datasets import preprocessing
from datasets.catalog import Dataset


class DatasetOptions(NamedTuple):
  """Which split of which data set; None where model.json may say."""

  dataset_name: str | None
  dataset_split_name: str | None
  dataset_dir: str | None
  validation_fraction: float | None
  labels_offset: int | None = 0

  def info(self) -> dict[str, Any]:
    """Returns what model.json keeps of the data that a network learnt from."""
    kept = self._asdict()
    del kept['dataset_split_name']
    if self.dataset_dir:
      kept['dataset_dir'] = os.path.abspath(self.dataset_dir)
    return kept


class Kind(NamedTuple):
  """The data sets for one task."""

  names: tuple[str, ...]
  default: str  # the name where nothing else is said
  help: str  # what some of the names are
  open: Callable[[DatasetOptions], Dataset]
  preprocessings: tuple[str, ...]
  training_help: str  # what the preprocessings do in training
  inference_help: str  # and elsewhere
  fewest_classes: int  # from which there is something to learn


LABELS = Kind(
  tuple(catalog.dataset_names()),
  'imagenet',
  'image_folder is a folder of images with a subfolder for each class; '
  'tfrecord is any folder of TFRecords with a labels.txt; digits comes with '
  'this program.',
  lambda options: catalog.get_dataset(*options),
  preprocessing.NAMES,
  'inception (cuts out a random part, flips it and changes its colours) or '
  'lenet (only resizes).',
  'inception (takes the middle, 87.5 % of each side) or lenet (resizes the '
  'whole image).',
  fewest_classes=2,
)


def open_to_train(kind: Kind, options: DatasetOptions) -> Dataset:
  """Opens a data set; raises InputError if there is nothing to learn."""
  dataset = kind.open(options)
  if dataset.num_classes < kind.fewest_classes:
    name = f' ({dataset.label_names[0]})' if dataset.label_names else ''
    raise InputError(
      f'{options.dataset_dir or dataset.name} has one class{name}, so there is '
      'nothing to learn: is --dataset_dir one level too high?'
    )
  return dataset


def check_preprocessing(kind: Kind, name: str) -> None:
  """Raises InputError if there is no preprocessing of this name for a kind."""
  if name not in kind.preprocessings:
    raise InputError(
      f'unknown preprocessing {name}; there is {", ".join(kind.preprocessings)}'
    )
