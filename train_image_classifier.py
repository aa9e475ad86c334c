r"""Trains an image classifier. If started again, it resumes.

  python train_image_classifier.py --dataset_name=image_folder \
      --dataset_dir=photos/ --train_dir=run/ --num_epochs=20

Writes checkpoints, a TensorBoard log, model.json (how it was trained) and
labels.txt (the names of the classes) to --train_dir. Flags and defaults are
those of slim's program of this name.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

import os

from absl import flags
import tensorflow as tf

from base import errors
from base import program_flags
from base import replaced_flags
from checkpoints import checkpoint_flags
from datasets import catalog
from datasets import data_flags
from datasets import preprocessing
from runtime import network_flags
from tasks import classification
from training import optimization_flags
from training import run
from training import run_flags

data_flags.define_for_training()
network_flags.define_for_training()
optimization_flags.define()
checkpoint_flags.define_for_training()
run_flags.define()
replaced_flags.define(replaced_flags.TRAINING)
flags.DEFINE_float(
  'label_smoothing',
  0.0,
  'Part of each label that is spread evenly over all classes.',
  0.0,
  1.0,
)


def main(argv: list[str]) -> None:
  """Trains as the flags say."""
  program_flags.reject_arguments(argv)
  replaced_flags.tell(replaced_flags.TRAINING)
  options = run.TrainingOptions(
    data_flags.read_input(),
    network_flags.read(),
    optimization_flags.read(),
    checkpoint_flags.read_start(),
    run_flags.read(),
    flags.FLAGS.max_bad_images,
  )
  data = data_flags.read_dataset()
  tf.random.set_seed(options.input.seed)
  dataset = _open_dataset(data, options.input)
  task = classification.make_task(
    dataset.num_classes, flags.FLAGS.label_smoothing
  )
  run.train(
    task,
    dataset,
    options,
    {
      'dataset_name': data.dataset_name,
      'dataset_dir': data.dataset_dir and os.path.abspath(data.dataset_dir),
      'validation_fraction': data.validation_fraction,
      'labels_offset': data.labels_offset,
    },
  )


def _open_dataset(data, options):
  """Returns the catalog.Dataset to train on; what is wrong is told now."""
  dataset = catalog.get_dataset(*data)
  if dataset.num_classes == 1:
    name = f' ({dataset.label_names[0]})' if dataset.label_names else ''
    raise errors.InputError(
      f'{data.dataset_dir or dataset.name} has one class{name}, so there is '
      'nothing to learn: is --dataset_dir one level too high?'
    )
  preprocessing.check_name(
    options.preprocessing_name or dataset.default_preprocessing
  )
  return dataset


if __name__ == '__main__':
  errors.run(main)
