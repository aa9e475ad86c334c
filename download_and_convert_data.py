r"""Downloads a published data set, and writes it as slim's TFRecords.

  python download_and_convert_data.py --dataset_name=cifar10 \
      --dataset_dir=data/cifar10
  python download_and_convert_data.py --dataset_name=imagenet \
      --source_dir=downloads/ --dataset_dir=data/imagenet
  python download_and_convert_data.py --dataset_name=image_folder \
      --source_dir=photos/ --dataset_dir=data/photos --stratified

Then train with the same --dataset_name and --dataset_dir; the last line says so
where the name is another. --source_dir holds the archives, as their authors
offer them; what it lacks is downloaded to it. A download that was interrupted
goes on where it ended. Nothing is unpacked, and --dataset_dir appears when it
is complete.

Only ImageNet is not downloaded, for it wants an account
(https://image-net.org/challenges/LSVRC/2012/). Put into --source_dir
ILSVRC2012_img_train.tar, ILSVRC2012_img_val.tar and
ILSVRC2012_devkit_t12.tar.gz, or train/ and val/ with a folder for each synset.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

from absl import flags

from base import errors
from base import program_flags
from base.errors import InputError
from datasets.archives import conversion
from datasets.selection import Selection

flags.DEFINE_string(
  'dataset_name',
  None,
  f'Name of the data set: {", ".join(conversion.names())}. image_folder is a '
  'folder of images with a subfolder for each class.',
)
program_flags.define_path(
  'dataset_dir', None, 'Folder to write, new or empty: records and labels.txt.'
)
program_flags.define_path(
  'source_dir',
  None,
  'Folder of the archives, or for image_folder of the images. Default: the '
  'name of dataset_dir with _archives after it.',
)
flags.DEFINE_list(
  'classes',
  [],
  'Classes to take, with commas between them, in the order of their new '
  'labels; those of imagenet are called n01440764 and the like. Default: all '
  'classes.',
)
flags.DEFINE_integer(
  'max_images_per_class',
  None,
  'Number of images to take at most of each class, in each split. Default: all '
  'of them.',
  lower_bound=1,
)
flags.DEFINE_float(
  'validation_fraction',
  None,
  'Part of the training images, from 0 to 1, that become the split validation. '
  'Default: 0.2 of an undivided image_folder, chosen by names as training on '
  "the folder does; 350 images of flowers, which is slim's number; of others "
  'none.',
  lower_bound=0,
  upper_bound=1,
)
flags.DEFINE_bool('stratified', False, 'Holds out the same part of each class.')
flags.DEFINE_integer(
  'seed', 0, 'Seed of the choice of images, and of their order.'
)
flags.DEFINE_integer(
  'shards',
  None,
  'Number of files for each split. Default: 1,024 and 128 for imagenet, 5 for '
  'flowers and image_folder, 1 for others, which cannot have more.',
  lower_bound=1,
)
flags.DEFINE_bool(
  'background',
  None,
  'Makes label 0 a background class without images: imagenet then has 1,001 '
  'classes, as the checkpoints of slim do, otherwise 1,000. Default: only for '
  'imagenet with all its classes.',
)
flags.DEFINE_bool(
  'check_md5',
  True,
  'Compares archives with the MD5 that their authors publish.',
)


def main(argv: list[str]) -> None:
  """Converts as the flags say."""
  program_flags.reject_arguments(argv)
  values = flags.FLAGS
  if not values.dataset_name or not values.dataset_dir:
    raise InputError(
      'set --dataset_name, one of '
      f'{", ".join(conversion.names())}, and --dataset_dir, a folder to write'
    )
  read_as = conversion.convert(
    values.dataset_name,
    values.source_dir,
    values.dataset_dir,
    Selection(
      tuple(values.classes),
      values.max_images_per_class,
      values.validation_fraction,
      values.stratified,
      values.seed,
    ),
    values.shards,
    values.background,
    values.check_md5,
  )
  print(
    f'Train with --dataset_name={read_as} --dataset_dir={values.dataset_dir}'
  )


if __name__ == '__main__':
  errors.run(main)
