r"""Evaluates an object detector on the images that were held out, each once.

  python eval_object_detector.py --checkpoint_path=run/ --eval_dir=run/eval
  python eval_object_detector.py --checkpoint_path=run/ --eval_dir=run/eval \
      --num_pictures=20
  python eval_object_detector.py --checkpoint_path=run/ --eval_dir=on_coco/ \
      --dataset_name=coco --dataset_dir=coco/

Prints COCO's numbers and VOC's, in all and by class, and writes them as JSON
and for TensorBoard, with pictures of the images that come out worst.
train_object_detector.py leaves a model.json beside its checkpoints. It says
which network, data set and image size training took ("as in training" below);
flags that are given come first.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

from base import errors
from base import program_flags
from datasets import kinds
from export import opened
from reports import evaluation_report
from runtime import network_flags
from tasks.detection import options as detection_options
from tasks.detection import task as detection
from training import all_flags
from training import evaluation_run

all_flags.define_for_evaluation(
  network_flags.DETECTORS, kinds.BOXES, batch_size=24, has_pictures=True
)

detection_options.define_for_inference()


def main(argv: list[str]) -> None:
  """Evaluates as the flags say."""
  program_flags.reject_arguments(argv)
  options = all_flags.read_for_evaluation()
  opened.refuse(options.checkpoint.checkpoint_path, detection_options.given())
  detections = detection_options.read()
  evaluation_run.evaluate_checkpoints(
    options,
    network_flags.DETECTORS,
    kinds.BOXES,
    lambda dataset, image_size: detection.make_task(
      dataset.num_classes, image_size, dataset.label_names, detections
    ),
    evaluation_report.write,
  )


if __name__ == '__main__':
  errors.run(main)
