"""Bugs of what is random in training, and of its end by NaN."""

_DROPOUT = ('tests/nets/dropout_test.py',)
_RESUME = 'tests/training/exact_resume_test.py'
_NETWORKS = (_RESUME, '-k', 'test_dropout_and_averages')
_SEED = (_RESUME, '-k', 'SeedTest')
_DIVERGENCE = ('tests/training/divergence_test.py',)

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    "seeds: slim's networks get none",
    'nets/nets_factory.py',
    '[dropout.dropout, dropout.drop_path], seed=seed',
    '[dropout.dropout, dropout.drop_path], seed=None',
    _NETWORKS,
  ),
  (
    'seeds: a fast network passes none on',
    'fast/mobilenet_v2.py',
    '    seed=seed,\n',
    '',
    _NETWORKS,
  ),
  (
    'seeds: the step is left out',
    'training/step.py',
    'tf.stack([state.seed % 2**31, step])',
    'tf.stack([state.seed % 2**31, 0 * step])',
    _SEED,
  ),
  (
    "seeds: the run's is left out",
    'training/step.py',
    'tf.stack([state.seed % 2**31, step])',
    'tf.stack([0, step])',
    _SEED,
  ),
  (
    'seeds: all parts of a step drop the same',
    'training/step.py',
    "stateless_fold_in(options['seed'], part)",
    "stateless_fold_in(options['seed'], 0)",
    _SEED,
  ),
  (
    "seeds: slim's drop path has none",
    'nets/dropout.py',
    'net * _mask(shape, keep_prob, seed, place)',
    'tf.nn.dropout(net, rate=1.0 - keep_prob, noise_shape=shape)',
    _DROPOUT,
  ),
  (
    "seeds: fast's drop path is the same at all places",
    'fast/dropout.py',
    'stateless_fold_in(setup.seed, place)',
    'stateless_fold_in(setup.seed, 0)',
    _DROPOUT,
  ),
  (
    'seeds: XLA drops other values',
    'fast/dropout.py',
    'tf.abs(seed)',
    'seed',
    _DROPOUT,
  ),
  (
    'seeds: settled averages keep a trace of earlier ones',
    'training/settling.py',
    'range(1 if i else 2)',
    'range(1)',
    (_RESUME, '-k', 'SettledAveragesTest'),
  ),
  (
    'seeds: initial weights do not follow from --seed',
    'training/run.py',
    '  tf.random.set_seed(options.input.seed)\n',
    '',
    ('tests/programs/resumed_training_test.py',),
  ),
  (
    'divergence: infinite gradients go unnoticed',
    'training/step.py',
    'all_finite([found.loss] + gradients)',
    'all_finite([found.loss])',
    _DIVERGENCE,
  ),
  (
    'divergence: infinite gradients are called a loss',
    'training/training_log.py',
    "what = 'the gradients are' if loss_is_finite else 'the loss is'",
    "what = 'the loss is'",
    _DIVERGENCE,
  ),
  (
    'divergence: infinite weights are saved',
    'checkpoints/writer.py',
    'if not reader.is_finite(variable.numpy())',
    'if False',
    _DIVERGENCE,
  ),
)
