r"""Trains an image classifier. If started again, it resumes.

On your photographs, in a folder with a subfolder for each class; the same from
a published checkpoint, of which the last layer is made anew; and on scanned
digits, which come with this program:

  python train_image_classifier.py --dataset_name=image_folder \
      --dataset_dir=photos/ --train_dir=run/ --num_epochs=20
  python train_image_classifier.py --recipe=finetune --dataset_dir=photos/ \
      --checkpoint_path=mobilenet_v2_1.0_224.ckpt --train_dir=tuned/
  python train_image_classifier.py --dataset_name=digits \
      --train_dir=digits/ --num_epochs=10

Writes checkpoints, a TensorBoard log, model.json (how it was trained) and
labels.txt (the names of the classes) to --train_dir. Flags and defaults are
those of slim's program of this name.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

from absl import flags

from base import errors
from base import program_flags
from base import replaced_flags
from datasets import class_weights
from datasets import kinds
from reports import training_report
from runtime import network_flags
from tasks import classification
from training import all_flags
from training import recipe_flags
from training import run

all_flags.define_for_training(network_flags.CLASSIFIERS, kinds.LABELS)
replaced_flags.define(replaced_flags.TRAINING)
flags.DEFINE_float(
  'label_smoothing',
  0.0,
  'Part of each label that is spread evenly over all classes.',
  0.0,
  1.0,
)
flags.DEFINE_string('class_weights', None, class_weights.HELP)


def main(argv: list[str]) -> None:
  """Trains as the flags say."""
  program_flags.reject_arguments(argv)
  replaced_flags.tell(replaced_flags.TRAINING)
  recipe_flags.apply(kinds.LABELS, network_flags.CLASSIFIERS)
  label_smoothing = flags.FLAGS.label_smoothing
  weights = flags.FLAGS.class_weights
  run.train(
    all_flags.read_for_training(),
    network_flags.CLASSIFIERS,
    kinds.LABELS,
    lambda dataset, image_size: classification.make_task(
      dataset.num_classes,
      label_smoothing,
      class_weights=class_weights.find(weights, dataset),
    ),
    lambda train_dir: training_report.write_flags(
      train_dir, program_flags.given()
    ),
    training_report.write_curves,
  )


if __name__ == '__main__':
  errors.run(main)
