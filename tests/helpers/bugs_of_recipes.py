"""Bugs of schedules, updates and validation, for planted_bugs to plant."""

_UPDATE = ('tests/training/update_test.py',)
_RATES = ('tests/training/learning_rates_test.py',)
_LOOP = ('tests/training/loop_test.py',)
_VALIDATION = ('tests/training/validation_test.py',)

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'recipes: cosine decay ends early',
    'training/learning_rates.py',
    'tf.cos(math.pi * done)',
    'tf.cos(2 * math.pi * done)',
    _RATES,
  ),
  (
    'recipes: a milestone counts a step late',
    'training/learning_rates.py',
    'step >= round(part * last_step)',
    'step > round(part * last_step)',
    _RATES,
  ),
  (
    'recipes: gradients of several batches are summed',
    'training/gradients.py',
    'lambda value: value / num_parts, total',
    'lambda value: value / 1, total',
    _UPDATE,
  ),
  (
    'recipes: a step of several batches begins at the wrong one',
    'training/batches.py',
    'step * update.accumulate_steps',
    'step',
    ('tests/training/run_test.py',),
  ),
  (
    'recipes: each gradient is shortened alone',
    'training/step.py',
    'gradients, _ = tf.clip_by_global_norm(gradients, '
    'update.clip_gradients_norm)',
    'gradients = [tf.clip_by_norm(gradient, update.clip_gradients_norm) '
    'for gradient in gradients]',
    _UPDATE,
  ),
  (
    "recipes: the head's rate is the body's",
    'training/step.py',
    'learning_rate * update.head_learning_rate_multiplier',
    'learning_rate * 1.0',
    _UPDATE,
  ),
  (
    'recipes: a frozen body updates its averages',
    'training/step.py',
    '_of_head(state), freeze_body=True, **options',
    '_of_head(state), **options',
    _UPDATE,
  ),
  (
    'recipes: a frozen body is trained all the same',
    'training/step.py',
    'functools.partial(run, _of_head(state), freeze_body=True',
    'functools.partial(run, state.trainable_variables, freeze_body=True',
    _UPDATE,
  ),
  (
    "recipes: slim's backbone is not frozen",
    'nets/ssdlite.py',
    "'is_training': is_training and not freeze_backbone",
    "'is_training': is_training",
    ('tests/runtime/freeze_body_test.py', '-k', 'ssdlite'),
  ),
  (
    "recipes: fast's backbone is not frozen",
    'fast/deeplab_v3.py',
    'is_training=train_batch_norm and not freeze_backbone',
    'is_training=train_batch_norm',
    ('tests/runtime/freeze_body_test.py', '-k', 'deeplab'),
  ),
  (
    "recipes: an epoch's means are of its last line",
    'training/training_log.py',
    'for result in pending[self._taken :]:',
    'for result in pending[-1:]:',
    _LOOP,
  ),
  (
    'recipes: one bad batch has diverged',
    'training/training_log.py',
    'if min(losses[-len(losses) // 2 :]) > limit',
    'if max(losses) > limit',
    _LOOP,
  ),
  (
    'recipes: validation takes the weights for their averages',
    'training/validation.py',
    'with moving_averages.in_place(\n      self._state.averages,',
    'with moving_averages.in_place(\n      None,',
    _VALIDATION,
  ),
  (
    'recipes: the worst checkpoint is kept',
    'training/validation.py',
    'value > self.best.value',
    'value < self.best.value',
    _VALIDATION,
  ),
  (
    'recipes: a run that goes on forgets its best',
    'training/validation.py',
    'best.step <= step else None',
    'best.step < 0 else None',
    _VALIDATION,
  ),
  (
    'recipes: a recipe overrules what is given',
    'training/recipes.py',
    'if flag not in given',
    'if True',
    ('tests/training/recipes_test.py',),
  ),
  (
    'recipes: another batch size goes unremarked',
    'checkpoints/run_info.py',
    "'batch_size': 'batch_size',",
    '',
    ('tests/checkpoints/run_info_test.py',),
  ),
)
