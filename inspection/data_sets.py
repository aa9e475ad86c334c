"""What is in a data set: read whole, with what a network would stumble over."""

from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from concurrent import futures
import hashlib
import os
from typing import Any
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from base.errors import InputError
from checkpoints import names
from datasets.catalog import Dataset

_FEW_EXAMPLES = 10  # of a class: fewer teach little, and measure nothing
_MOST_IMBALANCE = 10.0  # of the largest class to the smallest
_READERS = 2 * (os.cpu_count() or 1)
_AT_A_TIME = 64 * _READERS  # so that few images are in memory


class Split(NamedTuple):
  """One split, read whole."""

  name: str
  num_images: int  # readable ones
  counts: tuple[int, ...]  # of label: images that show the class
  heights: tuple[int, int, int]  # least, median, most, in pixels
  widths: tuple[int, int, int]
  unreadable: tuple[str, ...]  # 'name: reason'


class DataReport(NamedTuple):
  """What a data set holds."""

  name: str
  label_names: tuple[str, ...]
  splits: tuple[Split, ...]
  # Images with the same pixels: their names, at least two.
  duplicates: tuple[tuple[str, ...], ...]
  shared: int  # of those: the ones that several splits have
  warnings: tuple[str, ...]


class _Seen(NamedTuple):
  """One image."""

  name: str
  digest: bytes | None  # of its pixels; None: unreadable
  size: tuple[int, int] = (0, 0)  # height and width
  labels: tuple[int, ...] = ()
  error: str | None = None


def inspect(
  datasets: Sequence[Dataset], labels_in: Callable[[Any], Sequence[int]]
) -> DataReport:
  """Reads every image of the splits of a data set.

  Args:
    datasets: the splits.
    labels_in: target of an example -> the classes on its image, each once.
  """
  splits, places = [], {}
  for dataset in datasets:
    seen = list(_read_all(dataset, labels_in))
    splits.append(_split(dataset, seen))
    for one in seen:
      if one.digest:
        places.setdefault(one.digest, []).append((dataset.split_name, one.name))
  duplicates = [place for place in places.values() if len(place) > 1]
  shared = sum(len({split for split, _ in place}) > 1 for place in duplicates)
  first = datasets[0]
  label_names = first.label_names or tuple(map(str, range(first.num_classes)))
  return DataReport(
    first.name,
    label_names,
    tuple(splits),
    tuple(tuple(name for _, name in place) for place in duplicates),
    shared,
    tuple(_warnings(splits, label_names, len(duplicates), shared)),
  )


def _read_all(dataset, labels_in) -> Iterator[_Seen]:
  """Yields what is seen of each image, in order; shows a bar on a terminal."""

  def read(index):
    try:
      example = dataset.read(index, None)
    except InputError as error:
      return _Seen(f'{dataset.split_name} {index}', None, error=str(error))
    digest = hashlib.sha256(str(example.image.shape).encode())
    digest.update(np.ascontiguousarray(example.image))
    return _Seen(
      example.name or f'{dataset.split_name} {index}',
      digest.digest(),
      example.image.shape[:2],
      tuple(labels_in(example.target)),
    )

  with (
    futures.ThreadPoolExecutor(_READERS) as pool,
    tqdm(
      total=dataset.num_examples,
      desc=dataset.split_name,
      unit='image',
      leave=False,
      disable=None,
    ) as bar,
  ):
    for first in range(0, dataset.num_examples, _AT_A_TIME):
      indices = range(dataset.num_examples)[first : first + _AT_A_TIME]
      yield from pool.map(read, indices)
      bar.update(len(indices))


def _split(dataset, seen):
  readable = [one for one in seen if one.error is None]
  counts = Counter(label for one in readable for label in one.labels)
  sizes = np.array([one.size for one in readable] or [(0, 0)])
  heights, widths = (
    (int(side.min()), int(np.median(side)), int(side.max())) for side in sizes.T
  )
  return Split(
    dataset.split_name,
    len(readable),
    tuple(counts[label] for label in range(dataset.num_classes)),
    heights,
    widths,
    tuple(one.error for one in seen if one.error is not None),
  )


def _warnings(splits, label_names, duplicates, shared):
  """Yields a line for each thing that should be looked at."""
  for split in splits:
    if split.unreadable:
      yield (
        f'{split.name}: {_images(len(split.unreadable))} cannot be read; mend '
        'or remove what is named below, or train with --max_bad_images'
      )
    few = [
      f'{name} ({count})'
      for name, count in zip(label_names, split.counts)
      if count < _FEW_EXAMPLES
    ]
    if few:
      yield (
        f'{split.name}: fewer than {_FEW_EXAMPLES} images of '
        f'{names.several(few)}'
      )
    least, most = min(split.counts), max(split.counts)
    if least and most > _MOST_IMBALANCE * least:
      yield (
        f'{split.name}: the largest class has {most / least:.0f} times the '
        'images of the smallest'
      )
  if duplicates:
    yield f'more than once: {_images(duplicates)}'
  if shared:
    yield (
      f'in several splits: {_images(shared)}; evaluation would be on what was '
      'trained on'
    )


def _images(count):
  return '1 image' if count == 1 else f'{count} images'
