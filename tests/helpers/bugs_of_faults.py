"""Bugs in what a run survives, for planted_bugs.py to plant."""

_READER = ('tests/checkpoints/reader_test.py',)
_WRITER = ('tests/checkpoints/writer_test.py',)
_INFO = ('tests/checkpoints/run_info_test.py',)
_ERRORS = ('tests/base/errors_test.py',)
_FILES = ('tests/base/files_test.py',)
_EARLIER = ('tests/programs/earlier_run_test.py', '-k', 'goes_on')

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'faults: NaN is a number',
    'base/flag_numbers.py',
    'not abs(value) <= limits.FLOAT',
    'abs(value) > limits.FLOAT',
    _ERRORS,
  ),
  (
    'faults: Ctrl-C within TensorFlow is an error',
    'base/errors.py',
    'if interrupts:',
    'if False:',
    _ERRORS,
  ),
  (
    'faults: half-written files of killed processes stay',
    'base/files.py',
    'if not _is_running(',
    'if _is_running(',
    _FILES,
  ),
  (
    'faults: no fallback from a damaged checkpoint',
    'checkpoints/reader.py',
    '      damaged[path] = str(error)\n      continue',
    '      raise',
    _READER,
  ),
  (
    'faults: a checkpoint of another folder is taken',
    'checkpoints/reader.py',
    'os.path.basename(state.model_checkpoint_path)',
    'state.model_checkpoint_path',
    _READER,
  ),
  (
    'faults: what was saved when the process was killed is passed over',
    'checkpoints/reader.py',
    'first = [*later, named]',
    'first = [named]',
    _READER,
  ),
  (
    'faults: evaluation ends where its checkpoint is deleted',
    'checkpoints/reader.py',
    "if not os.path.exists(path + '.index'):",
    'if False:',
    _READER,
  ),
  (
    'faults: leftovers of a killed save stay',
    'checkpoints/writer.py',
    "if 'tempstate' in path or",
    "if 'tempstat.' in path or",
    _WRITER,
  ),
  (
    'faults: half a checkpoint stays on a full disk',
    'checkpoints/writer.py',
    '    _remove_leftovers(writer.train_dir)\n',
    '',
    _WRITER,
  ),
  (
    'faults: a damaged checkpoint is written over',
    'training/beginning.py',
    'aside = checkpoint_writer.set_aside(path)',
    'aside = path',
    _EARLIER,
  ),
  (
    'faults: the lock is not locked',
    'training/locking.py',
    'fcntl.LOCK_EX | fcntl.LOCK_NB',
    'fcntl.LOCK_SH | fcntl.LOCK_NB',
    ('tests/training/locking_test.py',),
  ),
  (
    'faults: no flag that changed is told',
    'checkpoints/run_info.py',
    'return {**(info.get(run_values.FLAGS) or {}), **values}',
    'return values',
    _INFO,
  ),
  (
    'faults: other images are not told',
    'checkpoints/run_info.py',
    "elif begun.get('fingerprint') not in (None, info.get('fingerprint')):",
    'elif False:',
    _INFO,
  ),
  (
    'faults: model.json may hold any value',
    'checkpoints/run_values.py',
    'if value is not None and not _may_be(key, value):',
    'if False:',
    _INFO,
  ),
  (
    'faults: sizes are left out of the fingerprint',
    'datasets/fingerprint.py',
    'return os.path.getsize(path)',
    'return 0',
    ('tests/datasets/fingerprint_test.py',),
  ),
)
