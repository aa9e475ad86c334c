"""The likeliest classes of image files, and their names."""

import os
import re
from typing import NamedTuple

import numpy as np

from datasets import catalog
from datasets import image_folder
from datasets import images
from datasets import preprocessing
from datasets import tfrecord
from errors import InputError
from training import checkpoints
from training import run_info

_LOGITS_BIASES = re.compile(r'(^|/)(Logits|final_layer)/[^/]+/biases$')


class Prediction(NamedTuple):
  """One class of one image; name is None where it is not known."""
  label: int
  name: str | None
  probability: float


def find_images(paths):
  """Returns files as they are, and the images of folders at any depth, sorted.

  Raises:
    InputError: a folder has no file whose name ends as an image's does.
  """
  found = []
  for path in map(os.path.expanduser, paths):
    if not os.path.isdir(path):
      found.append(path)
      continue
    within = sorted(
        os.path.join(folder, file) for folder, _, files in os.walk(path)
        for file in files if not file.startswith('.')
        and os.path.splitext(file)[1].lower() in image_folder.EXTENSIONS)
    if not within:
      raise InputError(f'{path}: no images in this folder '
                       f'({", ".join(image_folder.EXTENSIONS)})')
    found += within
  return found


def read_images(paths, image_size, preprocessing_name, use_grayscale=False):
  """Returns ({path: image}, {path: why it cannot be read}).

  Images are float32 [image_size, image_size, 3] in [-1, 1].
  """
  readable, unreadable = {}, {}
  for path in paths:
    try:
      image = images.read_image(image_folder.read_file(path), path)
    except InputError as error:
      unreadable[path] = str(error)
      continue
    image = preprocessing.preprocess_for_eval(
        image, image_size, preprocessing_name)
    if use_grayscale:
      image = preprocessing.to_grayscale(image)
    readable[path] = image
  return readable, unreadable


def count_classes(checkpoint_path):
  """Returns the number of classes that a checkpoint's logits have.

  Raises:
    InputError: no such checkpoint, or it has no logits.
  """
  path, reader = checkpoints.open_checkpoint(checkpoint_path)
  for name, shape in reader.get_variable_to_shape_map().items():
    if _LOGITS_BIASES.search(name):
      return shape[-1]
  raise InputError(f'{path} has no biases of logits: it does not classify')


def top_predictions(probabilities, top_k, label_names=None):
  """Returns the top_k likeliest Predictions, the likeliest first.

  probabilities: array [classes]. Of equal ones the first class comes first.
  """
  labels = np.argsort(-probabilities, kind='stable')[:top_k]
  return [Prediction(int(label), label_names[label] if label_names else None,
                     float(probabilities[label])) for label in labels]


def find_label_names(checkpoint_path, num_classes, labels_path=None,
                     dataset_name=None, dataset_dir=None):
  """Returns the names of the classes, a tuple; None if they are nowhere.

  The first of: the file labels_path; the data set's names; labels.txt beside
  the checkpoint. A file has a line id:name for each class, or line n (from 0)
  is the name of class n.

  Raises:
    InputError: what is named is not there, or has another number of classes.
  """
  dataset_dir = dataset_dir and os.path.expanduser(dataset_dir)
  if labels_path:
    where, names = labels_path, read_label_names(
        os.path.expanduser(labels_path))
  elif dataset_dir and os.path.exists(os.path.join(dataset_dir, 'labels.txt')):
    where, names = dataset_dir, tfrecord.read_label_names(dataset_dir)
  elif dataset_name:
    where = dataset_name
    names = catalog.get_dataset(dataset_name, 'train', dataset_dir).label_names
  else:
    where = run_info.checkpoint_folder(checkpoint_path)
    names = tfrecord.read_label_names(where)
  if names and len(names) != num_classes:
    raise InputError(f'{where} names {len(names)} classes, the checkpoint '
                     f'{checkpoint_path} has {num_classes}: give a file of '
                     f'{num_classes} names by --labels_path')
  return names


def read_label_names(path):
  """Returns the names in a file, of either kind: see find_label_names."""
  try:
    with open(path, encoding='utf-8', errors='replace') as file:
      lines = file.read().splitlines()
  except OSError as error:
    raise InputError(f'{path}: {error.strerror}') from error
  numbered = [re.fullmatch(r'\s*(\d+)\s*:(.*)', line) for line in lines if line]
  if not all(numbered):
    return tuple(line.strip() for line in lines)
  names = {int(match[1]): match[2].strip() for match in numbered}
  if sorted(names) != list(range(len(lines))) or not names:
    raise InputError(f'{path}: want id:name, ids from 0 to the number of '
                     'classes, each once')
  return tuple(names[label] for label in range(len(names)))
