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
    ('tests/runtime/freeze_body_test.py', '-k', 'detector'),
  ),
  (
    "recipes: fast's backbone is not frozen",
    'fast/deeplab_v3.py',
    'is_training=train_batch_norm and not freeze_backbone',
    'is_training=train_batch_norm',
    ('tests/runtime/freeze_body_test.py', '-k', 'segmenter'),
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
    'return value > best or',
    'return value < best or',
    _VALIDATION,
  ),
  (
    'recipes: a run that goes on forgets its best',
    'training/validation.py',
    'best.metric != metric or best.step > step:',
    'best.step > -1:',
    _VALIDATION,
  ),
  (
    'recipes: early stopping counts parts of an epoch',
    'training/epochs.py',
    'step * self.batch_size // images - first * self.batch_size // images',
    'int(self.at(step) - self.at(first))',
    _VALIDATION,
  ),
  (
    'recipes: a validation is made up each time',
    'training/validation.py',
    'step <= self.best.last_validated',
    'step <= self.best.step',
    _VALIDATION,
  ),
  (
    'recipes: what is not a number stays best',
    'training/validation.py',
    'math.isnan(best) and not math.isnan(value)',
    'False',
    _VALIDATION,
  ),
  (
    'recipes: the best is chosen on test',
    'training/validation.py',
    'catalog.validation_split(\n    options.dataset_name, options.dataset_dir\n'
    '  )',
    'catalog.held_out_split(options.dataset_name)',
    _VALIDATION,
  ),
  (
    'recipes: the body stays frozen in all steps',
    'training/options.py',
    'steps >= last_step:',
    'steps > last_step:',
    ('tests/training/run_test.py',),
  ),
  (
    'recipes: learning rates are tried on a frozen body',
    'training/options.py',
    'if self.run.find_learning_rate or not',
    'if not',
    ('tests/training/run_test.py',),
  ),
  (
    'recipes: by steps, a body may never be trained',
    'training/recipes.py',
    "table['freeze_part'] = table.pop('freeze_epochs') / num_epochs",
    'pass',
    ('tests/training/recipes_test.py',),
  ),
  (
    'recipes: a run goes on with the default network',
    'training/recipe_flags.py',
    'for flag, key in _OF_CHECKPOINT.items()\n    if info.get(key) is not None',
    'for flag, key in _OF_CHECKPOINT.items()\n    if False',
    ('tests/training/recipe_flags_test.py',),
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
