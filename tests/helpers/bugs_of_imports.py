"""Bugs of importing weights and of its options, for planted_bugs to plant."""

_KERAS = ('tests/checkpoints/importing/keras_test.py',)
_FILES = ('tests/checkpoints/importing/keras_files_test.py',)
_SLIM = ('tests/checkpoints/importing/slim_test.py',)
_FIT = ('tests/inspection/imported_weights_test.py',)
_WIDTHS = ('tests/inspection/identification_test.py',)
_OPTIONS = ('tests/nets/computation_options_test.py',)
_TRAINING = ('tests/training/computation_test.py',)
_PROGRAM = ('tests/programs/import_checkpoint_test.py',)

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    "imports: MobileNetV3's gates as they are",
    'checkpoints/importing/keras.py',
    '*gates.fit(values), ',
    '*(), ',
    _KERAS,
  ),
  (
    'imports: an epsilon of its own forgotten',
    'checkpoints/importing/keras_config.py',
    'if epsilons - {_EPSILON}',
    'if not epsilons',
    _KERAS,
  ),
  (
    'imports: beta for gamma',
    'checkpoints/importing/keras_files.py',
    "('gamma', 'beta', 'moving_mean'",
    "('beta', 'gamma', 'moving_mean'",
    _KERAS,
  ),
  (
    'imports: links in HDF5 are followed',
    'checkpoints/importing/keras_files.py',
    'member = group[key] if isinstance(link, h5py.HardLink) else None',
    'member = group[key]',
    _FILES,
  ),
  (
    'imports: no bound on what HDF5 claims to hold',
    'checkpoints/importing/keras_files.py',
    'total += member.size * member.dtype.itemsize',
    'total += member.dtype.itemsize',
    _FILES,
  ),
  (
    'imports: averages of some',
    'checkpoints/importing/slim.py',
    'averages and not lacking',
    'averages',
    _SLIM,
  ),
  (
    'imports: averages where none are wanted',
    'checkpoints/importing/slim.py',
    'if moving_averages is not False and',
    'if',
    _SLIM,
  ),
  (
    'imports: a part of a head is enough',
    'inspection/imported_weights.py',
    ' and _has_no_logits(shapes)',
    '',
    _FIT,
  ),
  (
    'imports: whatever is left over',
    'inspection/imported_weights.py',
    'if not is_harmless(imported, name)',
    'if not name',
    _FIT,
  ),
  (
    'imports: no least number of channels',
    'inspection/identification.py',
    "{'min_depth': 1}",
    '{}',
    _WIDTHS,
  ),
  (
    'imports: the mean not taken off',
    'nets/nets_factory.py',
    '(0.5 - mean) / deviation',
    '0.5 / deviation',
    _OPTIONS,
  ),
  (
    "imports, fast: SSDLite's backbone at slim's epsilon",
    'fast/ssdlite.py',
    "    'batch_norm_epsilon': batch_norm_epsilon,\n",
    '',
    _OPTIONS,
  ),
  (
    "imports, slim: DeepLab's backbone padded as slim does",
    'nets/deeplab_v3.py',
    '      use_explicit_padding=use_explicit_padding,\n',
    '',
    _OPTIONS,
  ),
  (
    "imports, fast: NASNet's pools as slim's",
    'fast/nasnet.py',
    'if setup.zero_padded_pools and operation.stride == 2',
    'if setup.zero_padded_pools and operation.stride == 3',
    _OPTIONS,
  ),
  (
    "imports: a run forgets what its start's model.json says",
    'training/beginning.py',
    'found = {\n    name: info[name]',
    'found = {\n    name: None',
    _TRAINING,
  ),
  (
    'imports: names without the background',
    'import_checkpoint.py',
    'names = (labels.BACKGROUND, *names)',
    "names = (*names, '?')",
    _PROGRAM,
  ),
  (
    'imports: what is there is written over',
    'import_checkpoint.py',
    'if there and not output.overwrite',
    'if not there and output.overwrite',
    _PROGRAM,
  ),
  (
    'imports: the size of images not kept',
    'import_checkpoint.py',
    "get('image_size', fitted",
    "get('size', fitted",
    _PROGRAM,
  ),
)
