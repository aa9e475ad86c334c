"""The folders form floors, and what is public says what it takes."""

import ast
import pathlib

from absl.testing import absltest

_PROJECT = pathlib.Path(__file__).absolute().parents[2]

# From the ground up: a folder imports only folders before it. The programs in
# the top folder stand on all of them.
_FLOORS = (
  'base',
  'specs',
  'datasets',
  'preprocessing',
  'fast',
  'nets',
  'checkpoints',
  'runtime',
  'inspection',
  'tasks',
  'export',
  'prediction',
  'training',
  'reports',
  'benchmarking',
)


def _sources():
  """Yields (path, syntax tree) of all files but the tests."""
  for path in [*_PROJECT.glob('*.py'), *_PROJECT.glob('*/**/*.py')]:
    path = path.relative_to(_PROJECT)
    if path.parts[0] in _FLOORS or len(path.parts) == 1:
      yield path, ast.parse((_PROJECT / path).read_text(encoding='utf-8'))


def _imported(tree):
  """Yields the top folder or package of each import, wherever it stands."""
  for node in ast.walk(tree):
    if isinstance(node, ast.Import):
      yield from (alias.name.split('.')[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
      yield node.module.split('.')[0]


def _public_functions(tree):
  """Yields functions, and methods of classes, that others may call."""
  for node in tree.body:
    if isinstance(node, ast.ClassDef) and not node.name.startswith('_'):
      yield from _public_functions(node)
    elif isinstance(node, ast.FunctionDef):
      if not node.name.startswith('_') or node.name in ('__init__', '__call__'):
        yield node


class StructureTest(absltest.TestCase):
  def test_imports_go_down(self):
    seen = set()
    for path, tree in _sources():
      if len(path.parts) > 1:
        floor = _FLOORS.index(path.parts[0])
        seen.add(path.parts[0])
        for name in set(_imported(tree)).intersection(_FLOORS):
          self.assertLessEqual(_FLOORS.index(name), floor, f'{path}: {name}')
    folders = {path.parent.name for path in _PROJECT.glob('*/__init__.py')}
    self.assertEqual(folders - {'tests'}, seen)

  def test_public_functions_have_type_hints(self):
    missing = []
    for path, tree in _sources():
      for function in _public_functions(tree):
        arguments = function.args
        hints = [
          argument.annotation
          for argument in (
            arguments.posonlyargs + arguments.args + arguments.kwonlyargs
          )
          if argument.arg not in ('self', 'cls')
        ]
        if function.name != '__init__':
          hints.append(function.returns)
        if None in hints:
          missing.append(f'{path}:{function.lineno} {function.name}')
    self.assertEmpty(missing)


if __name__ == '__main__':
  absltest.main()
