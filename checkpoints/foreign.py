"""What to do with files of weights that are no checkpoints."""

import os

from checkpoints import run_info

# What import_checkpoint.py reads, by the ends of names.
_IMPORTED = (
  *('.h5', '.hdf5', '.keras', '.pb', '.pt', '.pth', '.safetensors'),
  *('.tar', '.tar.gz', '.tflite', '.tgz'),
)
_OF_EXPORTS = ('.onnx', '.pb', '.tflite', '.xml')


def describe(path: str) -> str | None:
  """Returns what a file is, and what to do; None: it is not known, or none.

  Raises:
    InputError: there is a model.json beside it that is damaged.
  """
  if os.path.isfile(path):
    name = os.path.basename(path).lower()
    folder = os.path.dirname(path) or '.'
    makes_one = (
      f'python import_checkpoint.py {path} --output=imported/ makes one'
    )
    if name.endswith(_OF_EXPORTS) and _is_export(folder):
      return (
        f'{path} is part of an export: to evaluate or to classify, give its '
        f'folder, {folder}; training takes a checkpoint'
        + (f': {makes_one} of it' if name.endswith(_IMPORTED) else '')
      )
    if name.endswith(_IMPORTED):
      return (
        f"{path} is not a checkpoint, or is damaged: of other libraries' files "
        f'and of archives {makes_one}'
      )
    if name.endswith('.onnx'):
      return f'{path} is of ONNX, whose weights are not read'
  return None


def describe_saved_model(folder: str) -> str | None:
  """Returns the same of a folder of a SavedModel; None: it is of none."""
  if not os.path.isfile(os.path.join(folder, 'saved_model.pb')):
    return None
  variables = os.path.join(folder, 'variables', 'variables')
  if os.path.isfile(f'{variables}.index'):
    return (
      f'{folder} has no checkpoint, but a SavedModel, whose weights are beside '
      f'it: give {variables}'
    )
  return (
    f'{folder} has no checkpoint, but a SavedModel, whose weights are part of '
    'its graph, which is not read: give the checkpoint that it was made of, '
    'or a frozen graph'
  )


def weights_in(folder: str) -> list[str]:
  """Returns the paths of files in a folder that import_checkpoint.py reads."""
  return [
    os.path.join(folder, name)
    for name in sorted(os.listdir(folder))
    if name.lower().endswith(_IMPORTED)
  ]


def _is_export(folder: str) -> bool:
  """Whether export_model.py made a folder."""
  return bool(run_info.read_run_info(folder).get('format'))
