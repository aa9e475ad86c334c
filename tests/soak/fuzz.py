"""Damages files at random, and reads them: a result or an InputError each time.

  python -m tests.soak.fuzz [CASES]

Images, TFRecords, lists of labels, model.json, records.json: so many cases of
each, 2,000 unless told, in this process. Another error, more than seconds for a
case or a memory that fills ends it; each case follows from its number.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

from collections.abc import Callable
from collections.abc import Iterator
import faulthandler
import json
import os
import random
import resource
import sys
import tempfile
import time
from typing import NamedTuple

import numpy as np
from PIL import Image
import tensorflow as tf

from base.errors import InputError
from checkpoints import run_info
from datasets import example as examples
from datasets import images
from datasets import labels
from datasets import shard_files
from datasets import tfrecord
from tests.helpers import image_files

_MOST_SECONDS = 60  # of a case, before the process ends
_MOST_PIXELS = 10**6
_ODD = (
  b'\0',
  b'\xff' * 4,
  b'\x7f\xff\xff\xff',
  b'\n',
  b'[' * 9999,
  b'9' * 5000,
)


class Subject(NamedTuple):
  """A kind of file, and what reads it."""

  originals: tuple[bytes, ...]
  # (content, a folder) -> None; raises InputError.
  read: Callable[[bytes, str], None]


class Outcome(NamedTuple):
  """What became of the cases of a kind."""

  num_read: int
  num_refused: int
  slowest: float  # seconds


def run(name: str, num_cases: int) -> Outcome:
  """Reads so many damaged files of a kind of SUBJECTS.

  Raises:
    AssertionError: what is read is wrong, or what is raised no InputError.
  """
  subject = SUBJECTS[name]
  num_read, slowest = 0, 0.0
  with tempfile.TemporaryDirectory() as folder:
    for number in range(num_cases):
      content = _mutate(random.Random(f'{name} {number}'), subject.originals)
      faulthandler.dump_traceback_later(_MOST_SECONDS, exit=True)
      began = time.monotonic()
      try:
        subject.read(content, folder)
        num_read += 1
      except InputError as error:
        assert str(error), f'{name} {number} has an empty message'
      except Exception as error:
        raise AssertionError(f'{name} {number}: {content[:200]}') from error
      finally:
        faulthandler.cancel_dump_traceback_later()
      slowest = max(slowest, time.monotonic() - began)
  return Outcome(num_read, num_cases - num_read, slowest)


def _mutate(numbers, originals):
  """Returns one of the originals after one to six changes."""
  content = bytearray(numbers.choice(originals))
  for _ in range(numbers.randint(1, 6)):
    begin = numbers.randrange(len(content) + 1)
    end = min(len(content), begin + numbers.randrange(1, 40))
    change = numbers.randrange(6)
    if change == 0:
      del content[begin:]
    elif change == 1:
      del content[begin:end]
    elif change == 2:
      content[begin:begin] = content[begin:end]
    elif change == 3:
      content[begin:end] = numbers.choice(_ODD)
    elif begin < end:
      content[begin] = numbers.randrange(256)
  return bytes(content)


def _images() -> Iterator[bytes]:
  for side in 1, 5, 16:
    image = Image.fromarray(image_files.noise(side, side, 16))
    for image_format in 'JPEG', 'PNG', 'BMP', 'GIF', 'WEBP', 'TIFF':
      yield image_files.encode(image, image_format)
    for mode in '1', 'L', 'P', 'LA', 'I;16':
      yield image_files.encode(image.convert('L').convert(mode))
    yield image_files.encode(image.convert('CMYK'), 'JPEG', progressive=True)
    yield image_files.encode(image, 'TIFF', compression='tiff_lzw')


def _read_image(content, folder):
  for choose_window in None, lambda height, width: (0, 0, 1, 1):
    image = images.read_image(content, 'x', _MOST_PIXELS, choose_window)
    _check_image(image)
  if content.startswith(b'\x89PNG'):
    assert images.read_mask(content, 'x').dtype == np.uint8


def _check_image(image):
  assert image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3
  assert 0 < image.size <= 3 * _MOST_PIXELS


def _records() -> Iterator[bytes]:
  with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'x')
    with tf.io.TFRecordWriter(path) as writer:
      for label in range(3):
        png = image_files.encode(image_files.noise(label, 4, 4))
        example = tfrecord.make_example(png, 'png', label, 4, 4)
        writer.write(example.SerializeToString())
    with open(path, 'rb') as file:
      yield file.read()


def _read_records(content, folder):
  path = image_files.write(folder, 'records', content)
  shards = tfrecord.open_shards([path])
  for index in range(tfrecord.count(shards)):
    _check_image(examples.decode(tfrecord.read_encoded(shards, index)).image)


def _examples() -> Iterator[bytes]:
  """What is in a record: its checksum is right, whatever became of it."""
  for label in 0, -1, 2**40:
    png = image_files.encode(image_files.noise(0, 4, 4))
    yield tfrecord.make_example(png, 'png', label, 4, 4).SerializeToString()


def _read_example(content, folder):
  path = os.path.join(folder, 'examples')
  with tf.io.TFRecordWriter(path) as writer:
    writer.write(content)
  encoded = tfrecord.read_encoded(tfrecord.open_shards([path]), 0)
  assert isinstance(encoded.target, int)
  _check_image(examples.decode(encoded).image)


def _read_labels(content, folder):
  path = image_files.write(folder, labels.FILE_NAME, content)
  names = labels.read_label_names(path)
  assert names and all(isinstance(name, str) for name in names)
  labels.read_folder(folder)


def _read_info(content, folder):
  image_files.write(folder, run_info.FILE_NAME, content)
  assert isinstance(run_info.read_run_info(folder), dict)


def _read_counts(content, folder):
  image_files.write(folder, shard_files.COUNTS_FILE, content)
  shard_files.check_counts([os.path.join(folder, 'train-0')], [1])


_INFO = json.dumps(
  {'model_name': 'mobilenet_v2', 'image_size': 96, 'depth': None, 'é': [1, {}]}
).encode()

SUBJECTS = {
  'images': Subject(tuple(_images()), _read_image),
  'TFRecords': Subject(tuple(_records()), _read_records),
  'examples': Subject(tuple(_examples()), _read_example),
  'labels': Subject(
    (b'0:cat\n1:dog\n2:emu\n', 'zo\u00e9\nb c\r\nd\u2028e\n'.encode()),
    _read_labels,
  ),
  'model.json': Subject((_INFO,), _read_info),
  'records.json': Subject((b'{"train-0": 1, "train-1": 2}',), _read_counts),
}


def memory() -> int:
  """Returns the most bytes that this process has had in memory."""
  return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(arguments: list[str]) -> None:
  """Prints a line for each kind."""
  num_cases = int(arguments[0]) if arguments else 2000
  before = memory()
  for name in SUBJECTS:
    outcome = run(name, num_cases)
    print(
      f'{name:12}  {num_cases} damaged: {outcome.num_read} read, '
      f'{outcome.num_refused} refused, the slowest in {outcome.slowest:.2f} s',
      flush=True,
    )
  print(f'memory grew by {(memory() - before) / 1e6:.0f} MB')


if __name__ == '__main__':
  main(sys.argv[1:])
