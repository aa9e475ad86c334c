r"""Trains an image segmenter, DeepLabV3. If started again, it resumes.

On your photographs, each with a PNG of class numbers; on Pascal VOC, as
downloaded; and on scenes of digits, which come with this program:

  python train_image_segmenter.py --dataset_name=mask_folder \
      --dataset_dir=photos/ --checkpoint_path=mobilenet_v2_1.0_224.ckpt \
      --train_dir=run/ --num_epochs=50
  python train_image_segmenter.py --dataset_name=voc --dataset_dir=VOCdevkit/ \
      --checkpoint_path=mobilenet_v2_1.0_224.ckpt --train_dir=run/
  python train_image_segmenter.py --dataset_name=digits_scenes \
      --train_image_size=96 --train_dir=digits/ --max_number_of_steps=1000

A classifier's checkpoint gives the backbone its weights. Writes checkpoints, a
TensorBoard log, model.json (how it was trained) and labels.txt (the names of
the classes) to --train_dir. Defaults are those of DeepLab's published training.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

from absl import flags

from base import errors
from base import program_flags
from datasets import kinds
from reports import training_report
from runtime import network_flags
from specs import deeplab_v3
from tasks.segmentation import task as segmentation
from training import all_flags
from training import recipe_flags
from training import run
from training.learning_rates import LearningRate
from training.optimization_flags import Defaults

_DEFAULTS = Defaults(
  'momentum',
  LearningRate(
    learning_rate=0.007,
    learning_rate_decay_type='polynomial',
    end_learning_rate=0.0,
    learning_rate_power=0.9,
  ),
  batch_norm_decay=None,
  batch_norm_decay_help=' Default: as published, {} in the backbone and {} in '
  'the head.'.format(*deeplab_v3.BATCH_NORM_DECAYS),
  batch_size=16,
  has_last_layer_rate=True,
)
all_flags.define_for_training(network_flags.SEGMENTERS, kinds.MASKS, _DEFAULTS)
flags.DEFINE_list(
  'label_weights',
  None,
  'Comma-separated factors on the losses of the classes, one for each, the '
  'background first. Default: all 1.',
)
flags.DEFINE_float(
  'top_k_percent_pixels',
  1.0,
  'Part of the pixels that train, from 0 to 1: those of the largest losses.',
  0.0,
  1.0,
)
flags.DEFINE_bool(
  'upsample_logits',
  True,
  'Enlarges logits to the size of the masks for the loss. Otherwise masks are '
  'shrunk to the size of the logits, which takes less memory and loses what is '
  'small.',
)
program_flags.require_numbers('label_weights')
program_flags.require_above_zero('top_k_percent_pixels')


def main(argv: list[str]) -> None:
  """Trains as the flags say."""
  program_flags.reject_arguments(argv)
  recipe_flags.apply(kinds.MASKS, network_flags.SEGMENTERS)
  weights = flags.FLAGS.label_weights
  weights = weights and [float(weight) for weight in weights]
  hardest_fraction = flags.FLAGS.top_k_percent_pixels
  upsample_logits = flags.FLAGS.upsample_logits
  run.train(
    all_flags.read_for_training(),
    network_flags.SEGMENTERS,
    kinds.MASKS,
    lambda dataset, image_size: segmentation.make_task(
      dataset.num_classes,
      dataset.label_names,
      weights,
      hardest_fraction,
      upsample_logits,
    ),
    lambda train_dir: training_report.write_flags(
      train_dir, program_flags.given()
    ),
    training_report.write_curves,
  )


if __name__ == '__main__':
  errors.run(main)
