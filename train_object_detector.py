r"""Trains an object detector, SSDLite. If started again, it resumes.

On your photographs, labelled by a tool that writes YOLO's format; on COCO, as
downloaded; and on scenes of digits, which come with this program:

  python train_object_detector.py --dataset_name=yolo_folder \
      --dataset_dir=photos/ --checkpoint_path=mobilenet_v2_1.0_224.ckpt \
      --train_dir=run/ --num_epochs=50
  python train_object_detector.py --dataset_name=coco --dataset_dir=coco/ \
      --checkpoint_path=mobilenet_v2_1.0_224.ckpt --train_dir=run/
  python train_object_detector.py --dataset_name=digits_scenes \
      --train_image_size=96 --train_dir=digits/ --max_number_of_steps=1000

A classifier's checkpoint gives the backbone its weights. Writes checkpoints, a
TensorBoard log, model.json (how it was trained) and labels.txt (the names of
the classes) to --train_dir. Defaults are those of the published
ssdlite_mobilenet_v2_coco.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

from base import errors
from base import program_flags
from datasets import kinds
from reports import training_report
from runtime import network_flags
from tasks.detection import options as detection_options
from tasks.detection import task as detection
from training import all_flags
from training import recipe_flags
from training import run
from training.learning_rates import LearningRate
from training.optimization_flags import Defaults

# Of the published pipeline.config: every 800,720 steps of 24 of COCO's 117,266
# images with objects.
_DEFAULTS = Defaults(
  'rmsprop',
  LearningRate(
    learning_rate=0.004,
    learning_rate_decay_factor=0.95,
    num_epochs_per_decay=163.9,
  ),
  batch_norm_decay=0.9997,
  batch_size=24,
)
all_flags.define_for_training(network_flags.DETECTORS, kinds.BOXES, _DEFAULTS)

detection_options.define_for_training()


def main(argv: list[str]) -> None:
  """Trains as the flags say."""
  program_flags.reject_arguments(argv)
  recipe_flags.apply(kinds.BOXES, network_flags.DETECTORS)
  options = detection_options.read()
  run.train(
    all_flags.read_for_training(),
    network_flags.DETECTORS,
    kinds.BOXES,
    lambda dataset, image_size: detection.make_task(
      dataset.num_classes, image_size, dataset.label_names, options
    ),
    lambda train_dir: training_report.write_flags(
      train_dir, program_flags.given()
    ),
    training_report.write_curves,
  )


if __name__ == '__main__':
  errors.run(main)
