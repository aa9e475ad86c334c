"""Labels by COCO's own numbers, as published detectors have them."""

import numpy as np

from datasets.catalog import Dataset

NO_NAME = '?'  # of a number that no category has


def for_network(dataset: Dataset, num_classes: int) -> Dataset:
  """Returns a data set labelled as a network of so many classes is.

  COCO numbers its 80 categories from 1 to 90, and what was published for it has
  90 classes: label i is of the category i + 1, and some are of none. Where
  num_classes is the largest number, and there are fewer categories, the labels
  become these, and those of no category are called NO_NAME; otherwise the data
  set stays as it is.
  """
  numbers = dataset.category_ids
  if not numbers or len(numbers) == num_classes or max(numbers) != num_classes:
    return dataset
  label_of = np.array(numbers, np.int64) - 1
  label_names = [NO_NAME] * num_classes
  for label, name in zip(label_of, dataset.label_names, strict=True):
    label_names[label] = name

  def read(index, choose_window=None):
    example = dataset.read(index, choose_window)
    boxes = example.target
    is_object = np.arange(len(boxes.labels)) < boxes.count
    found = np.where(is_object, label_of[boxes.labels], 0)
    return example._replace(target=boxes._replace(labels=found))

  return dataset._replace(
    num_classes=num_classes,
    label_names=tuple(label_names),
    category_ids=tuple(range(1, num_classes + 1)),
    read=read,
  )
