"""Bugs in the reading of PyTorch's weights for planted_bugs.py to plant."""

_FILES = ('tests/checkpoints/importing/torch_files_test.py',)
_TORCH = 'tests/checkpoints/importing/torch_test.py'
_TORCHVISION = (_TORCH, '-k', 'outputs_torchvision_mobilenet_v3_small')
_TIMM = (_TORCH, '-k', 'outputs_timm')
_OTHERS = (_TORCH, '-k', 'Refused')
_HINTS = (_TORCH, '-k', 'TimmTest')
_TOLD = (_TORCH, '-k', 'told_by')

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'state dicts: kernels with height for width',
    'checkpoints/importing/torch.py',
    'else (2, 3, 1, 0)',
    'else (3, 2, 1, 0)',
    _TORCHVISION,
  ),
  (
    'state dicts: betas are means',
    'checkpoints/importing/torch.py',
    "'beta': 'bias',\n  'moving_mean': 'running_mean',",
    "'beta': 'running_mean',\n  'moving_mean': 'bias',",
    _TORCHVISION,
  ),
  (
    "state dicts: padding is slim's",
    'checkpoints/importing/torch.py',
    "'use_explicit_padding': True",
    "'use_explicit_padding': None",
    _TORCHVISION,
  ),
  (
    'state dicts: pixels from -1 to 1',
    'checkpoints/importing/torch.py',
    "'input_normalization': 'imagenet'",
    "'input_normalization': None",
    _TORCHVISION,
  ),
  (
    "state dicts: the gates' slope is slim's",
    'checkpoints/importing/gates.py',
    '1 / 6 / mobilenet_v3.GATE_SLOPE',
    '1.0',
    _TORCHVISION,
  ),
  (
    'state dicts: what has no place is left over without a word',
    'checkpoints/importing/torch.py',
    'if given == set(source.names.values()):',
    'if given >= set(source.names.values()):',
    _OTHERS,
  ),
  (
    "state dicts: timm's batch norm has slim's epsilon",
    'checkpoints/importing/timm.py',
    "'mobilenet_v3': 1e-5",
    "'mobilenet_v3': 1e-3",
    _TIMM,
  ),
  (
    'state dicts: tf_mobilenetv3 pads as the others of timm',
    'checkpoints/importing/timm.py',
    "('use_explicit_padding', 'batch_norm_epsilon', 'input_normalization')",
    "('batch_norm_epsilon', 'input_normalization')",
    _TIMM,
  ),
  (
    "state dicts: timm's config.json says nothing of pixels",
    'checkpoints/importing/timm.py',
    "if 'pretrained_cfg' in config:",
    'if False:',
    _HINTS,
  ),
  (
    'state dicts: whole numbers are weights',
    'checkpoints/importing/torch_files.py',
    'if value.dtype.name not in _FLOATS:',
    'if False:',
    _FILES,
  ),
  (
    'state dicts: a counter keeps what wraps all names',
    'checkpoints/importing/torch_files.py',
    'for name in tensors if not is_harmless(name)',
    'for name in tensors',
    _FILES,
  ),
  (
    'state dicts: no such format',
    'checkpoints/importing/formats.py',
    'if torch_files.is_safetensors(begin):',
    'if torch_files.is_safetensors(begin[1:]):',
    _TOLD,
  ),
)
