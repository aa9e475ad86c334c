"""Bugs of training over several devices and machines."""

_STEPS = ('tests/training/replicas_test.py::ReplicasTest::test_steps',)
_NETWORKS = ('tests/training/replicas_test.py::ReplicasTest::test_networks',)
_LOOP = ('tests/training/workers_loop_test.py',)

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'replicas: weight decay counts once for each',
    'training/gradients.py',
    'loss = sum(losses.values()) + l2_loss()',
    'loss = sum(losses.values()) + l2_loss() * '
    'tf.distribute.get_strategy().num_replicas_in_sync',
    _STEPS,
  ),
  (
    'replicas: gradients are summed, not averaged',
    'runtime/replicas.py',
    "all_reduce('MEAN', values)",
    "all_reduce('SUM', values)",
    _STEPS,
  ),
  (
    'replicas: each takes a step of its own',
    'training/step.py',
    'found = replicas.mean(find((images, targets), first_part))',
    'found = find((images, targets), first_part)\n'
    '        found = found._replace(loss=replicas.mean(found.loss))',
    _STEPS,
  ),
  (
    "replicas: batch norm's averages are each one's own",
    'runtime/replicas.py',
    '      variable.assign(value)\n',
    '      del value\n',
    _STEPS,
  ),
  (
    'replicas: all train on the first part of a batch',
    'runtime/strategy.py',
    'parts = iter(zip(*divided))',
    'parts = iter([[part[0] for part in divided]] * count)',
    _STEPS,
  ),
  (
    'workers: their parts of a batch overlap',
    'datasets/part.py',
    'return (step * part.count + part.number) * size + number % size',
    'return (step * part.count + part.number) * size // 2 + number % size',
    ('tests/datasets/part_test.py',),
  ),
  (
    'workers: each evaluates the first ones batches',
    'datasets/part.py',
    'shard(part.count, part.number)',
    'shard(part.count, 0)',
    ('tests/training/shared_evaluation_test.py',),
  ),
  (
    'workers: rows that fill up a batch are counted',
    'training/shared_evaluation.py',
    'rows = [part[begin : begin + size] for part in gathered]',
    'rows = [part[begin : begin + batch_size] for part in gathered]',
    ('tests/training/shared_evaluation_test.py',),
  ),
  (
    'workers: others than the chief write checkpoints',
    'checkpoints/writer.py',
    '  if not writes:\n',
    '  if writes is None:\n',
    _LOOP,
  ),
  (
    "workers: others than the chief write TensorBoard's log",
    'training/training_log.py',
    '    if not self._writes:\n',
    '    if self._writes is None:\n',
    _LOOP,
  ),
  (
    'workers: one that ends does not tell the others',
    'runtime/strategy.py',
    'return bool(self.total(np.array(bool(it))))',
    'return bool(it)',
    _LOOP,
  ),
  (
    "workers: a chief's place is not counted in TF_CONFIG",
    'runtime/hosts.py',
    "if task['type'] == 'worker' else 0",
    "if task['type'] == 'evaluator' else 0",
    ('tests/runtime/hosts_test.py',),
  ),
  (
    'fast: synchronised batch norm takes the statistics of its replica',
    'fast/synchronized.py',
    'return context.all_reduce(tf.distribute.ReduceOp.MEAN, values)',
    'return values',
    _NETWORKS,
  ),
  (
    'slim: synchronised batch norm takes the statistics of its replica',
    'base/tf_slim_compat.py',
    'if context is None or context.num_replicas_in_sync == 1:',
    'if context is None or context.num_replicas_in_sync >= 1:',
    _NETWORKS,
  ),
)
