"""The data set that a checkpoint learnt from, as far as it is at hand."""

from typing import Any

from base import errors
from base.errors import InputError
from checkpoints import run_info
from datasets import catalog
from datasets import category_numbers
from datasets import data_flags
from datasets.catalog import Dataset
from datasets.kinds import DatasetOptions
from datasets.kinds import Kind
from prediction.label_flags import LabelOptions


def open_splits(
  labels: LabelOptions, info: dict[str, Any], kind: Kind, num_classes: int
) -> tuple[Dataset | None, Dataset | None]:
  """Returns (held out, trained on); None where there is none.

  Says so on stderr where a data set is named, but cannot be read, or has other
  classes.

  Args:
    labels: what flags say of it.
    info: of run_info.read_run_info.
    kind: of the data set.
    num_classes: of the checkpoint.
  """
  given = DatasetOptions(
    labels.dataset_name, None, labels.dataset_dir, None, None
  )
  if not (given.dataset_name or info.get('dataset_name')):
    return None, None
  (filled,) = run_info.fill_in(info, data_flags.defaults(kind), given)
  return tuple(
    _open(kind, filled._replace(dataset_split_name=name), num_classes)
    for name in (catalog.held_out_split(filled.dataset_name), 'train')
  )


def _open(kind, options, num_classes):
  """Returns a Dataset, or None."""
  try:
    dataset = category_numbers.for_network(kind.open(options), num_classes)
  except InputError as error:
    errors.tell(
      f'goes on without the split {options.dataset_split_name}: {error}'
    )
    return None
  if dataset.num_classes == num_classes:
    return dataset
  errors.tell(
    f'goes on without {dataset.name}, which has {dataset.num_classes} '
    f'classes: the checkpoint has {num_classes}'
  )
  return None
