"""All flags that programs share which train, and which evaluate."""

from absl import flags

from base import program_flags
from base import replaced_flags
from checkpoints import checkpoint_flags
from datasets import data_flags
from datasets.kinds import Kind
from runtime import network_flags
from runtime import strategy_flags
from runtime.network_flags import Choice
from training import evaluation_flags
from training import optimization_flags
from training import recipe_flags
from training import run_flags
from training.optimization_flags import Defaults
from training.optimization_flags import PUBLISHED
from training.options import EvaluationOptions
from training.options import TrainingOptions

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()

# Where a run goes, how fast and how often it tells, from where and how it
# starts. All other flags change what is trained.
_CHANGE_NOTHING = (
  'allow_changes',
  'checkpoint_exclude_scopes',
  'checkpoint_path',
  'data_format',
  'early_stopping_epochs',
  'find_learning_rate',
  'ignore_missing_vars',
  'log_every_n_steps',
  'max_bad_images',
  'max_bad_records',
  'max_checkpoints_to_keep',
  'num_clones',
  'num_preprocessing_threads',
  'recipe',
  'save_interval_secs',
  'save_summaries_secs',
  'task',
  'train_dir',
  'validate_every_epochs',
  'worker_hosts',
  'xla',
  *(flag.name for flag in replaced_flags.TRAINING),
)


def define_for_training(
  choice: Choice, kind: Kind, defaults: Defaults = PUBLISHED
) -> None:
  """Defines the flags of a program that trains.

  Args:
    choice: the networks to choose from.
    kind: of the data sets.
    defaults: what optimizer, learning rate and batches are where no flag says.
  """
  data_flags.define_for_training(kind, defaults.batch_size)
  network_flags.define_for_training(choice)
  optimization_flags.define(defaults)
  checkpoint_flags.define_for_training()
  run_flags.define()
  strategy_flags.define_for_training()
  recipe_flags.define(kind)


def read_for_training() -> TrainingOptions:
  """Returns what they say; tells where a run goes if they do not."""
  program_flags.tell_default('train_dir')
  return TrainingOptions(
    data_flags.read_dataset(),
    data_flags.read_input(),
    network_flags.read(),
    optimization_flags.read(),
    checkpoint_flags.read_start(),
    run_flags.read(),
    flags.FLAGS.max_bad_images,
    program_flags.all_but(_CHANGE_NOTHING),
    strategy_flags.read(),
  )


def define_for_evaluation(
  choice: Choice, kind: Kind, batch_size: int = 100, has_pictures: bool = False
) -> None:
  """Defines the flags of a program that evaluates; see define_for_training.

  has_pictures: whether the task draws what a network makes of an image.
  """
  checkpoint_flags.define_for_inference()
  network_flags.define_for_inference(choice, 'slim')
  data_flags.define_for_evaluation(kind, batch_size)
  evaluation_flags.define(has_pictures)
  strategy_flags.define_for_evaluation()


def read_for_evaluation() -> EvaluationOptions:
  """Returns what they say; tells where results go if they do not."""
  program_flags.tell_default('eval_dir')
  return EvaluationOptions(
    checkpoint_flags.read(),
    network_flags.read(),
    data_flags.read_dataset(),
    data_flags.read_input(),
    evaluation_flags.read(),
    flags.FLAGS.max_bad_images,
    strategy_flags.read(),
  )
