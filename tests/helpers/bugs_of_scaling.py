"""Bugs of what files do before and after a network, for planted_bugs."""

_SCALING = ('tests/checkpoints/importing/scaling_test.py',)
_OWN = ('tests/checkpoints/importing/own_exports_test.py',)
_HEAD = ('tests/checkpoints/importing/keras_head_test.py',)
_FOREIGN = ('tests/checkpoints/foreign_test.py',)
_FIT = ('tests/inspection/imported_weights_test.py',)

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'scaling: the order of two steps',
    'checkpoints/importing/scaling.py',
    'self.scale * offset + self.offset',
    'offset + self.offset',
    (*_SCALING, '-k', 'known'),
  ),
  (
    'scaling: what is not known is let through',
    'checkpoints/importing/scaling.py',
    '_CLOSE = 1e-4',
    '_CLOSE = 1e-1',
    (*_SCALING, '-k', 'unknown'),
  ),
  (
    'scaling: only what stands right before the network',
    'checkpoints/importing/scaling.py',
    'return scaling.after(*_beginning(graph)), False',
    'return scaling, False',
    (*_SCALING, '-k', 'known'),
  ),
  (
    'scaling: a slice of negative steps is one of others',
    'checkpoints/importing/frozen_graph.py',
    "'reverse' if any((each < 0).any() for each in steps) else 'resize'",
    "'resize'",
    (*_SCALING, '-k', 'reversed'),
  ),
  (
    'graphs: a gate after a product of matrices has its 3 twice',
    'checkpoints/importing/layers.py',
    'walk.graph.operations[last].activates,\n  )',
    'operation.activates,\n  )',
    _OWN,
  ),
  (
    "keras: a sigmoid's one output is one class",
    'checkpoints/importing/keras_head.py',
    'np.concatenate([np.zeros_like(value), value], -1)',
    'np.concatenate([value, np.zeros_like(value)], -1)',
    (*_HEAD, '-k', 'one_output'),
  ),
  (
    'keras: any pooling',
    'checkpoints/importing/keras_head.py',
    "if kind in ('GlobalMaxPooling2D', 'Flatten'):",
    "if kind in ('Flatten',):",
    (*_HEAD, '-k', 'refused'),
  ),
  (
    'keras: any layer before the network',
    'checkpoints/importing/keras_head.py',
    'if kind not in _CLASSES or is_operation:',
    'if is_operation:',
    (*_HEAD, '-k', 'unknown'),
  ),
  (
    "keras: an operation is taken for the layer of its name",
    'checkpoints/importing/keras_head.py',
    'if kind not in _CLASSES or is_operation:',
    'if kind not in _CLASSES:',
    (*_HEAD, '-k', 'before_it2'),
  ),
  (
    'keras: a subtraction adds',
    'checkpoints/importing/keras_config.py',
    "'Subtract': lambda number: (1.0, -number)",
    "'Subtract': lambda number: (1.0, number)",
    (*_HEAD, '-k', 'operations'),
  ),
  (
    'keras: what scales features scales images',
    'checkpoints/importing/keras_config.py',
    '    if not is_image:',
    '    if False:',
    (*_HEAD, '-k', 'behind_it'),
  ),
  (
    'keras: what gates add is taken from images',
    'checkpoints/importing/keras_config.py',
    '_by_a_number(layer) if is_image else None',
    '_by_a_number(layer)',
    ('tests/checkpoints/importing/keras_test.py', '-k', 'gates'),
  ),
  (
    "keras: the layers' numbers begin at one",
    'checkpoints/importing/keras_files.py',
    "path = f'{prefix}{kind}_{number}' if",
    "path = f'{prefix}{kind}_{number + 1}' if",
    (*_HEAD, '-k', 'without_names'),
  ),
  (
    'keras: a regression is two classes',
    'checkpoints/importing/keras_head.py',
    "layer.get('activation') == 'linear'",
    "layer.get('activation') == 'none'",
    (*_HEAD, '-k', 'one_linear'),
  ),
  (
    "checkpoints: exports' files are to be imported",
    'checkpoints/foreign.py',
    'name.endswith(_OF_EXPORTS) and _is_export(folder)',
    'False',
    _FOREIGN,
  ),
  (
    'imports: a table wider than 80 columns',
    'inspection/imported_weights.py',
    'if len(name) <= width:',
    'if len(name):',
    _FIT,
  ),
)
