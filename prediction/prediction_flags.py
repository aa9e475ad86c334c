"""All flags of the programs that predict for image files."""

from absl import flags

from checkpoints import checkpoint_flags
from datasets import data_flags
from datasets import kinds
from datasets.kinds import Kind
from prediction import label_flags
from prediction.predictor import PredictionOptions
from runtime import network_flags
from runtime.network_flags import Choice

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()


def define(choice: Choice, kind: Kind, batch_size: int) -> None:
  """Defines the flags.

  Args:
    choice: the networks to choose from.
    kind: of the data sets that they learn from.
    batch_size: images at a time, by default.
  """
  checkpoint_flags.define_for_inference()
  # Few images: to compile them takes longer than to run them.
  network_flags.define_for_inference(choice, 'fast', xla='false')
  data_flags.define_for_inference(kind, batch_size)
  label_flags.define()


def define_for_export() -> None:
  """Defines those of a program that makes files of any checkpoint."""
  checkpoint_flags.define_for_inference()
  network_flags.define_for_export()
  data_flags.define_for_inference(kinds.ANY, batch_size=32)
  label_flags.define(
    'Name of the data set whose class names the file has, and on whose images '
    'it is compared with the checkpoint. Default: as in training.'
  )


def read() -> PredictionOptions:
  """Returns what they say."""
  return PredictionOptions(
    checkpoint_flags.read(),
    network_flags.read(),
    data_flags.read_input(),
    label_flags.read(),
  )
