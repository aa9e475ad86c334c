"""Published data sets by name, from their archives to records."""

import os

from base.errors import InputError
from datasets import folder_to_records
from datasets import image_folder
from datasets import record_sets
from datasets import record_writer
from datasets import selection
from datasets.archives import cifar
from datasets.archives import downloads
from datasets.archives import flowers
from datasets.archives import imagenet
from datasets.archives import mnist
from datasets.image_set import ImageSet
from datasets.selection import Selection

_FILES = {
  'cifar10': (cifar.CIFAR10,),
  'cifar100': (cifar.CIFAR100,),
  'fashion_mnist': mnist.FASHION_MNIST,
  'flowers': (flowers.FLOWERS,),
  'mnist': mnist.MNIST,
}

# Files of each split as slim has them, where it has more than one.
_SHARDS = {
  'flowers': {'train': 5, 'validation': 5},
  'image_folder': {'train': 5, 'validation': 5, 'val': 5, 'test': 5},
  'imagenet': {'train': 1024, 'validation': 128},
}


def names() -> list[str]:
  """The names that convert takes, sorted."""
  return sorted([*_FILES, 'imagenet', 'image_folder'])


def convert(
  name: str,
  source_dir: str | None,
  dataset_dir: str,
  chosen: Selection,
  num_shards: int | None = None,
  background: bool | None = None,
  check_md5: bool = True,
) -> str:
  """Writes a data set as TFRecords in slim's schema, with labels.txt.

  Args:
    name: one of names().
    source_dir: the archives, or the folder of images. What it lacks is
      downloaded. None: dataset_dir_archives.
    dataset_dir: a folder, new or empty.
    chosen: which images.
    num_shards: files of each split; None: slim's.
    background: whether label 0 is a class without images; None: of imagenet,
      if all its classes are taken.
    check_md5: whether to compare archives with what their authors publish.
  Returns:
    The name under which catalog.get_dataset reads the records.
  Raises:
    InputError: an argument, an archive or an image is wrong, or a download
      failed. dataset_dir is then as it was.
  """
  record_sets.check_name(name, names())
  read_as = record_sets.ANY if name == 'image_folder' else name
  pattern = record_sets.pattern(read_as)
  if num_shards is not None and num_shards > 1 and '*' not in pattern:
    raise InputError(f'shards {num_shards}: {name} has one file for each split')
  if name == 'image_folder':
    images, chosen = _open_folder(source_dir, dataset_dir, chosen)
  else:
    record_writer.check_output(dataset_dir)
    source_dir = source_dir or f'{os.path.abspath(dataset_dir)}_archives'
    images = _open(name, source_dir, check_md5)
  images = selection.select(images, chosen)
  if name != 'image_folder':  # Of it images may be held out, by their names.
    selection.check_all_classes(images)
  if background is None:
    background = name == 'imagenet' and not chosen.classes
  if background:
    images = selection.add_background(images)
  shards = {
    split_name: num_shards or _SHARDS.get(name, {}).get(split_name, 1)
    for split_name in images.splits
  }
  record_writer.write(images, dataset_dir, pattern, shards)
  fits = record_sets.num_classes(read_as) == len(images.label_names)
  return read_as if fits else record_sets.ANY


def _open(name, source_dir, check_md5) -> ImageSet:
  """Reads archives, after downloading what there is to download."""
  if name == 'imagenet':
    return imagenet.read(source_dir, check_md5)
  downloads.fetch(_FILES[name], source_dir, check_md5)
  if name == 'cifar10':
    return cifar.read_cifar10(source_dir)
  if name == 'cifar100':
    return cifar.read_cifar100(source_dir)
  if name == 'flowers':
    return flowers.read(source_dir)
  if name == 'mnist':
    return mnist.read(source_dir, mnist.MNIST_NAMES)
  return mnist.read(source_dir, mnist.FASHION_MNIST_NAMES)


def _open_folder(
  source_dir, dataset_dir, chosen: Selection
) -> tuple[ImageSet, Selection]:
  """Returns a folder of images, and what is still to be chosen of it."""
  if not source_dir:
    raise InputError('image_folder: set source_dir, the folder of images')
  folder_to_records.check_output(source_dir, dataset_dir)
  if image_folder.is_divided(source_dir):
    return folder_to_records.read_folder(source_dir, 0), chosen
  fraction = chosen.validation_fraction
  if fraction is None:
    fraction = image_folder.VALIDATION_FRACTION
  if chosen.stratified:
    whole = folder_to_records.read_folder(source_dir, 0)
    return whole, chosen._replace(validation_fraction=fraction)
  # By names, as training on the folder itself holds out.
  divided = folder_to_records.read_folder(source_dir, fraction)
  return divided, chosen._replace(validation_fraction=None)
