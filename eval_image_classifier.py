r"""Evaluates an image classifier on the images that were held out, each once.

  python eval_image_classifier.py --checkpoint_path=run/ --eval_dir=run/eval

train_image_classifier.py leaves a model.json beside its checkpoints. It says
which network, data set and image size training took ("as in training" below);
flags that are given come first. A checkpoint without one needs more flags:

  python eval_image_classifier.py --checkpoint_path=mobilenet_v2_1.0_224.ckpt \
      --eval_dir=eval/ --dataset_name=imagenet --dataset_dir=imagenet/

Flags and defaults are those of slim's program of this name.
"""

# First: it imports TensorFlow without its notices.
from base import quiet_tensorflow as quiet_tensorflow  # isort: split

from absl import flags

from base import errors
from base import program_flags
from base import replaced_flags
from checkpoints import checkpoint_flags
from datasets import catalog
from datasets import data_flags
from runtime import network_flags
from tasks import classification
from training import evaluation_flags
from training import evaluation_run

checkpoint_flags.define_for_inference()
network_flags.define_for_inference('slim')
data_flags.define_for_evaluation()
evaluation_flags.define()
replaced_flags.define(replaced_flags.EVALUATION)


def main(argv: list[str]) -> None:
  """Evaluates as the flags say."""
  program_flags.reject_arguments(argv)
  replaced_flags.tell(replaced_flags.EVALUATION)
  evaluation_run.evaluate_checkpoints(
    evaluation_run.EvaluationOptions(
      checkpoint_flags.read(),
      network_flags.read(),
      data_flags.read_dataset(),
      data_flags.read_input(),
      evaluation_flags.read(),
      flags.FLAGS.max_bad_images,
    ),
    open_dataset=lambda data: catalog.get_dataset(*data),
    make_task=classification.make_task,
  )


if __name__ == '__main__':
  errors.run(main)
