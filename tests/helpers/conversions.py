"""What becomes of a data set's archives."""

import contextlib
import hashlib
import io

from datasets import catalog
from datasets.archives import conversion
from datasets.selection import Selection

_ALL = Selection()


def convert(name, source_dir, dataset_dir, chosen=_ALL, **options):
  """Converts in silence, whatever the MD5; returns what it returns."""
  with (
    contextlib.redirect_stdout(io.StringIO()),
    contextlib.redirect_stderr(io.StringIO()),
  ):
    return conversion.convert(
      name, source_dir, dataset_dir, chosen, check_md5=False, **options
    )


def read(name, split_name, dataset_dir):
  """Returns [(label, an image's shape, a digest of it)] of records, sorted."""
  dataset = catalog.get_dataset(name, split_name, dataset_dir)
  examples = [dataset.read(i, None) for i in range(dataset.num_examples)]
  return as_sorted(
    [one.image for one in examples], [one.target for one in examples]
  )


def as_sorted(images, labels):
  """Returns what read returns of images uint8 [height, width, 3] and labels."""
  return sorted(
    (int(label), image.shape, hashlib.md5(image.tobytes()).hexdigest())
    for image, label in zip(images, labels, strict=True)
  )
