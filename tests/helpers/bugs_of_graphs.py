"""Bugs of reading frozen graphs and .tflite files, for planted_bugs."""

_FROZEN = ('tests/checkpoints/importing/frozen_graph_test.py',)
_TFLITE = ('tests/checkpoints/importing/tflite_test.py',)
_DAMAGED = ('tests/checkpoints/importing/damaged_graphs_test.py',)
_PROGRAM = ('tests/programs/import_graphs_test.py',)

# (name, path, old, new, tests): the arguments of planted_bugs.Bug
ROWS = (
  (
    'graphs: of two branches the last one first',
    'checkpoints/importing/layers.py',
    'for each in reversed(inputs)',
    'for each in inputs',
    (*_TFLITE, '-k', 'floats3'),
  ),
  (
    'graphs: what is added after a shortcut is left out',
    'checkpoints/importing/layers.py',
    "if operation.kind == 'add' and _is_shortcut(walk, others):",
    'if False:',
    (*_FROZEN, '-k', 'folded'),
  ),
  (
    "graphs: the backbone's epsilon in the head",
    'checkpoints/importing/layer_variables.py',
    "if roles.is_pyramid(f'{scope}/'):",
    'if False:',
    (*_FROZEN, '-k', 'folded'),
  ),
  (
    'graphs: the gate has its 3 twice',
    'checkpoints/importing/layer_variables.py',
    'biases - _GATE_SHIFT',
    'biases',
    (*_TFLITE, '-k', 'floats2'),
  ),
  (
    'graphs: batch norm after a concatenation is left out',
    'checkpoints/importing/matching.py',
    "if operation.kind == 'batch_norm':",
    'if False:',
    (*_FROZEN, '-k', 'two_convolutions'),
  ),
  (
    'graphs: what is folded stays beside what it was',
    'checkpoints/importing/matching.py',
    'and key in used',
    'and used',
    (*_FROZEN, '-k', 'folded'),
  ),
  (
    'graphs: no padding is SAME',
    'checkpoints/importing/matching.py',
    "options['use_explicit_padding'] = True",
    'pass',
    (*_TFLITE, '-k', 'padding'),
  ),
  (
    'graphs: zero points are left out',
    'checkpoints/importing/tflite.py',
    '(value - zero_point) * scale',
    'value * scale',
    (*_TFLITE, '-k', 'quantised'),
  ),
  (
    'graphs: images of any range',
    'checkpoints/importing/scaling.py',
    'if _fits(given, known) and _is_close',
    'if _is_close',
    (*_TFLITE, '-k', 'range'),
  ),
  (
    'graphs: names of any number of classes',
    'checkpoints/importing/tflite.py',
    'if len(names) in counts and all(names)',
    'if names',
    (*_TFLITE, '-k', 'classes'),
  ),
  (
    'graphs: a shape that nothing holds',
    'checkpoints/importing/frozen_graph.py',
    'if min(sizes, default=0) < 0 or math.prod(sizes) > _MOST_VALUES:',
    'if False:',
    (*_DAMAGED, '-k', 'another_graph'),
  ),
  (
    'graphs: a file is what it is called',
    'checkpoints/importing/formats.py',
    "begin.startswith(_GRAPH) or path.endswith('.pb')",
    "path.endswith('.pb')",
    _PROGRAM,
  ),
)
