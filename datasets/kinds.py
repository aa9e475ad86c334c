"""Kinds of data sets, by what is known of an image: what a user may choose."""

from collections.abc import Callable
from collections.abc import Sequence
import os
from typing import Any
from typing import NamedTuple

import numpy as np

from base.errors import InputError
from datasets import annotations
from datasets import box_sets
from datasets import catalog
from datasets import labels
from datasets import mask_sets
from datasets import preprocessing
from datasets import sized_labels
from datasets.catalog import Dataset
from datasets.mask_preprocessing import IGNORED


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

  name: str  # of what an image's target is, as preprocessing has it
  dataset_names: tuple[str, ...]
  default: str  # the data set where nothing else is said
  help: str  # what these data sets are
  open: Callable[[DatasetOptions], Dataset]
  training_help: str  # what the preprocessings do in training
  inference_help: str  # and elsewhere
  fewest_classes: int  # from which there is something to learn
  # target of an example -> the classes on its image, each once.
  labels_in: Callable[[Any], Sequence[int]]
  eval_size_help: str = ''  # what evaluation makes of another size


LABELS = Kind(
  preprocessing.LABELS,
  tuple(catalog.dataset_names()),
  'imagenet',
  'image_folder is a folder of images with a subfolder for each class; '
  'tfrecord is any folder of TFRecords with a labels.txt; digits and '
  'digits_scenes, digits cut out of scenes, come with this program.',
  lambda options: catalog.get_dataset(*options),
  'inception (cuts out a random part, flips it and changes its colours) or '
  'lenet (only resizes).',
  'inception (takes the middle, 87.5 % of each side) or lenet (resizes the '
  'whole image).',
  fewest_classes=2,
  labels_in=lambda label: [int(label)],
)
# The same, for evaluation.
SIZED_LABELS = LABELS._replace(
  open=lambda options: sized_labels.with_sizes(LABELS.open(options))
)
BOXES = Kind(
  preprocessing.BOXES,
  tuple(box_sets.dataset_names()),
  'coco',
  'coco, as downloaded, has annotations/instances_train2017.json and the like; '
  'voc is a VOCdevkit, with a labels.txt if its classes are not those of VOC; '
  'yolo_folder has images/ and labels/ with a .txt for each image; '
  'digits_scenes comes with this program.',
  lambda options: box_sets.get_dataset(*options[:4]),
  'ssd (cuts out a random part and flips it), ssd_color (changes its colours '
  'also) or lenet (only resizes).',
  'ssd and lenet (both resize the whole image).',
  fewest_classes=1,
  labels_in=lambda boxes: set(annotations.cut_filling(boxes).labels.tolist()),
)
MASKS = Kind(
  preprocessing.MASKS,
  tuple(mask_sets.dataset_names()),
  'voc',
  'voc is a VOCdevkit, with a labels.txt if its classes are not those of VOC; '
  'mask_folder has images/, masks/ with a PNG of class numbers for each image, '
  'and a labels.txt; digits_scenes comes with this program.',
  lambda options: mask_sets.get_dataset(*options[:4]),
  'deeplab (changes the scale, cuts out a random part and flips it) or lenet '
  '(only resizes).',
  'deeplab (fills up at the right and below; what is too large is shrunk) or '
  'lenet (resizes the whole image).',
  fewest_classes=2,
  labels_in=lambda mask: set(np.unique(mask).tolist()) - {IGNORED},
  eval_size_help=' Larger images are shrunk to it, and their masks with them: '
  'mIOU is that of the shrunk masks.',
)

# For the flags of a program that takes all of these.
ANY = LABELS._replace(
  dataset_names=tuple(
    sorted({name for kind in (LABELS, BOXES, MASKS) for name in kind[1]})
  ),
  inference_help='one that suits the network, of those that its training '
  'takes.',
)


def open_to_train(kind: Kind, options: DatasetOptions) -> Dataset:
  """Opens a data set.

  Raises:
    InputError: there is nothing to learn, or labels.txt cannot hold a name.
  """
  if options.dataset_name == kind.default and not options.dataset_dir:
    raise InputError(
      'say what to learn from, by --dataset_name and --dataset_dir: '
      f'{kind.help} (The default, {kind.default}, needs a folder.)'
    )
  dataset = kind.open(options)
  if dataset.num_classes < kind.fewest_classes:
    name = f' ({dataset.label_names[0]})' if dataset.label_names else ''
    raise InputError(
      f'{options.dataset_dir or dataset.name} has one class{name}, so there is '
      'nothing to learn: is --dataset_dir one level too high?'
    )
  labels.check_lines(
    dataset.label_names or (), options.dataset_dir or dataset.name
  )
  return dataset
