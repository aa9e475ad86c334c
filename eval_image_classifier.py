r"""Evaluates an image classifier on the images that were held out, each once.

After training; on the folder test/ beside train/ and validation/; and of a
checkpoint that slim published:

  python eval_image_classifier.py --checkpoint_path=run/ --eval_dir=run/eval
  python eval_image_classifier.py --checkpoint_path=run/ --eval_dir=run/test \
      --dataset_split_name=test
  python eval_image_classifier.py --checkpoint_path=mobilenet_v2_1.0_224.ckpt \
      --eval_dir=eval/ --dataset_name=imagenet --dataset_dir=imagenet/

train_image_classifier.py leaves a model.json beside its checkpoints. It says
which network, data set and image size training took ("as in training" below);
flags that are given come first. A checkpoint without one needs more flags.

Flags and defaults are those of slim's program of this name.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

from base import errors
from base import program_flags
from base import replaced_flags
from datasets import kinds
from reports import evaluation_report
from runtime import network_flags
from tasks import classification
from training import all_flags
from training import evaluation_run

all_flags.define_for_evaluation(network_flags.CLASSIFIERS, kinds.LABELS)
replaced_flags.define(replaced_flags.EVALUATION)


def main(argv: list[str]) -> None:
  """Evaluates as the flags say."""
  program_flags.reject_arguments(argv)
  replaced_flags.tell(replaced_flags.EVALUATION)
  evaluation_run.evaluate_checkpoints(
    all_flags.read_for_evaluation(),
    network_flags.CLASSIFIERS,
    kinds.SIZED_LABELS,
    lambda dataset, image_size: classification.make_task(
      dataset.num_classes, label_names=dataset.label_names
    ),
    evaluation_report.write,
  )


if __name__ == '__main__':
  errors.run(main)
