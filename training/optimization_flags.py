"""The training program's flags of the optimizer and of the learning rate."""

from absl import flags

from training import learning_rates
from training import optimizers

_OPTIMIZER = flags.DEFINE_string(
    'optimizer', 'rmsprop', f'One of {", ".join(optimizers.OPTIMIZERS)}.')
# (flag and argument of make_optimizer, default, least, most, help)
_OPTIMIZER_FLAGS = (
    ('adadelta_rho', 0.95, 0.0, 1.0, 'Decay of adadelta.'),
    ('adagrad_initial_accumulator_value', 0.1, 0.0, None,
     'Start of adagrad\'s sums.'),
    ('adam_beta1', 0.9, 0.0, 1.0, 'Decay of adam\'s first moments.'),
    ('adam_beta2', 0.999, 0.0, 1.0, 'Decay of adam\'s second moments.'),
    ('opt_epsilon', 1.0, 0.0, None, 'Epsilon of adadelta, adam and rmsprop.'),
    ('ftrl_learning_rate_power', -0.5, None, 0.0, 'Power of the rate in ftrl.'),
    ('ftrl_initial_accumulator_value', 0.1, 0.0, None,
     'Start of ftrl\'s sums.'),
    ('ftrl_l1', 0.0, 0.0, None, 'L1 strength of ftrl.'),
    ('ftrl_l2', 0.0, 0.0, None, 'L2 strength of ftrl.'),
    ('momentum', 0.9, 0.0, 1.0, 'Of the momentum optimizer.'),
    ('rmsprop_momentum', 0.9, 0.0, 1.0, 'Momentum of rmsprop.'),
    ('rmsprop_decay', 0.9, 0.0, 1.0, 'Decay of rmsprop.'),
)
for _name, _default, _least, _most, _help in _OPTIMIZER_FLAGS:
  flags.DEFINE_float(_name, _default, _help, _least, _most)
_LEARNING_RATE_DECAY_TYPE = flags.DEFINE_string(
    'learning_rate_decay_type', 'exponential',
    f'One of {", ".join(learning_rates.DECAY_TYPES)}; polynomial is a straight '
    'line to end_learning_rate where training ends.')
_LEARNING_RATE = flags.DEFINE_float(
    'learning_rate', 0.01, 'Initial learning rate.', lower_bound=0.0)
_END_LEARNING_RATE = flags.DEFINE_float(
    'end_learning_rate', 1e-4, 'Where polynomial decay ends.', lower_bound=0.0)
_LEARNING_RATE_DECAY_FACTOR = flags.DEFINE_float(
    'learning_rate_decay_factor', 0.94, 'Of exponential decay.', 0.0, 1.0)
_NUM_EPOCHS_PER_DECAY = flags.DEFINE_float(
    'num_epochs_per_decay', 2.0, 'Epochs between two exponential decays.')
_WARMUP_EPOCHS = flags.DEFINE_float(
    'warmup_epochs', 0.0, 'Epochs in which the rate climbs from 0.',
    lower_bound=0.0)

# The bounds above are allowed themselves; these are not.
for _name in ('adagrad_initial_accumulator_value', 'num_epochs_per_decay'):
  flags.register_validator(_name, lambda value: value > 0, 'must be above 0')
for _name in ('adam_beta1', 'adam_beta2'):
  flags.register_validator(_name, lambda value: value < 1, 'must be below 1')


def make_optimizer(learning_rate):
  """Returns the optimizer; see optimizers.make_optimizer."""
  return optimizers.make_optimizer(
      _OPTIMIZER.value, learning_rate,
      **{name: flags.FLAGS[name].value for name, *_ in _OPTIMIZER_FLAGS})


def make_learning_rate_fn(num_examples, batch_size, last_step):
  """Returns step -> rate; see learning_rates.make_learning_rate_fn."""
  return learning_rates.make_learning_rate_fn(
      _LEARNING_RATE_DECAY_TYPE.value, _LEARNING_RATE.value, num_examples,
      batch_size, _LEARNING_RATE_DECAY_FACTOR.value,
      _NUM_EPOCHS_PER_DECAY.value, _END_LEARNING_RATE.value, last_step,
      _WARMUP_EPOCHS.value)
