"""The flags of a training run: where it goes, how long, how often it tells."""

from typing import NamedTuple

from absl import flags

from base import limits
from base import program_flags
from checkpoints import writer as checkpoint_writer
from training import loop
from training.epochs import Epochs

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()


class RunOptions(NamedTuple):
  """Where a run goes, how long, and how often it logs and saves."""

  train_dir: str
  max_number_of_steps: int | None
  num_epochs: float | None
  log_every_n_steps: int
  save_summaries_secs: int
  save_interval_secs: int
  find_learning_rate: bool = False  # in place of training
  validate_every_epochs: float | None = None
  early_stopping_epochs: float | None = None
  max_checkpoints_to_keep: int = checkpoint_writer.MAX_TO_KEEP
  allow_changes: bool = False  # of what a run does not go on with otherwise

  def schedule(self, epochs: Epochs) -> loop.Schedule:
    """Returns what loop.run goes by."""
    return loop.Schedule(
      epochs,
      self.log_every_n_steps,
      self.save_interval_secs,
      self.save_summaries_secs,
    )


def define() -> None:
  """Defines the flags."""
  program_flags.define_path(
    'train_dir',
    program_flags.RUN_FOLDER,
    'Folder for the checkpoints and the TensorBoard log. Where it holds a '
    'checkpoint, training resumes from that one.',
  )
  flags.DEFINE_integer(
    'max_number_of_steps',
    None,
    'Number of the step at which training ends; a resumed run counts on. '
    'Default: num_epochs ends training, otherwise Ctrl-C does.',
    lower_bound=1,
  )
  flags.DEFINE_float(
    'num_epochs',
    None,
    'Number of passes over the data after which training ends. Default: '
    'max_number_of_steps ends training. If both are given, the earlier end '
    'counts.',
  )
  flags.DEFINE_integer(
    'log_every_n_steps',
    10,
    'Number of steps between two lines of the log.',
    lower_bound=1,
  )
  flags.DEFINE_integer(
    'save_summaries_secs',
    600,
    'Number of seconds between two writes of the TensorBoard log to disk.',
    1,
    limits.SECONDS,
  )
  _define_saving()
  flags.DEFINE_bool(
    'find_learning_rate',
    False,
    'Tries learning rates from 1e-6 to 10 in some 100 steps, prints and plots '
    'the loss at each, suggests one, and saves nothing that was trained.',
  )
  flags.DEFINE_float(
    'validate_every_epochs',
    None,
    'Number of epochs between two evaluations on the images that were held '
    'out. The best checkpoint is kept in best/ in train_dir, which evaluation '
    'and the like take as --checkpoint_path. Default: none, and nothing is '
    'kept there.',
  )
  flags.DEFINE_float(
    'early_stopping_epochs',
    None,
    'Number of epochs without a better validation after which training ends. '
    'Default: it goes on.',
  )
  program_flags.require_utf8('train_dir')
  program_flags.require_above_zero(
    'num_epochs', 'validate_every_epochs', 'early_stopping_epochs'
  )


def _define_saving():
  """Defines when checkpoints are written, which are kept, and resumed from."""
  flags.DEFINE_integer(
    'save_interval_secs',
    600,
    'Number of seconds between two checkpoints. The last step is always saved.',
    lower_bound=0,
  )
  flags.DEFINE_integer(
    'max_checkpoints_to_keep',
    checkpoint_writer.MAX_TO_KEEP,
    'Number of checkpoints to keep, the newest; older ones are deleted.',
    lower_bound=1,
  )
  flags.DEFINE_bool(
    'allow_changes',
    False,
    'Resumes a run that was begun with classes of other names. How it differs '
    'otherwise from what was begun is told in any case.',
  )


def read() -> RunOptions:
  """Returns what these flags say."""
  return program_flags.read(RunOptions)
