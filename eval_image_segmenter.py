r"""Evaluates an image segmenter on the images that were held out, each once.

  python eval_image_segmenter.py --checkpoint_path=run/ --eval_dir=run/eval
  python eval_image_segmenter.py --checkpoint_path=run/ --eval_dir=run/eval \
      --num_pictures=20
  python eval_image_segmenter.py --checkpoint_path=run/ --eval_dir=scales/ \
      --eval_scales=0.75,1,1.25 --add_flipped_images

Prints mIOU, each class's IoU and the part of pixels that are right, and writes
them as JSON and for TensorBoard, with pictures of the images that come out
worst. train_image_segmenter.py leaves a model.json beside its checkpoints. It
says which network, data set and image size training took ("as in training"
below); flags that are given come first.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

import functools

from absl import flags

from base import errors
from base import program_flags
from datasets import kinds
from reports import evaluation_report
from runtime import network_flags
from tasks.segmentation import maps
from tasks.segmentation import task as segmentation
from training import all_flags
from training import evaluation_run

all_flags.define_for_evaluation(
  network_flags.SEGMENTERS, kinds.MASKS, batch_size=8, has_pictures=True
)
flags.DEFINE_list(
  'eval_scales',
  ['1.0'],
  'Comma-separated factors on the size of the images, over which '
  'probabilities are averaged; 0.5,0.75,1,1.25,1.5,1.75, with '
  '--output_stride=8, as published.',
)
flags.DEFINE_bool(
  'add_flipped_images', False, 'Averages over mirror images, too.'
)
program_flags.require_numbers('eval_scales')


def main(argv: list[str]) -> None:
  """Evaluates as the flags say."""
  program_flags.reject_arguments(argv)
  scales = [float(scale) for scale in flags.FLAGS.eval_scales]
  flip = flags.FLAGS.add_flipped_images
  evaluation_run.evaluate_checkpoints(
    all_flags.read_for_evaluation(),
    network_flags.SEGMENTERS,
    kinds.MASKS,
    lambda dataset, image_size: segmentation.make_task(
      dataset.num_classes, dataset.label_names, image_size=image_size
    ),
    evaluation_report.write,
    lambda network: _around(network.output_stride or 16, scales, flip),
  )


def _around(output_stride, scales, flip):
  """Returns what makes of a network one that sees images at many scales."""
  if scales == [1.0] and not flip:
    return None
  return lambda network: functools.partial(
    maps.multi_scale_probabilities,
    network,
    output_stride=output_stride,
    scales=scales,
    flip=flip,
  )


if __name__ == '__main__':
  errors.run(main)
