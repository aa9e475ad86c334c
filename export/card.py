"""What lies beside an export: README.md and model.json."""

import hashlib
import os
from typing import Any

from base import files
from base.errors import InputError
from checkpoints import names
from checkpoints import run_info
from datasets import labels
from datasets import preparation
from export import formats
from export import opened

FILE = 'README.md'
_BESIDE = (run_info.FILE_NAME, labels.FILE_NAME)

_RESIZED = (
  "image = PIL.Image.open('photo.jpg').convert('RGB').resize(({size}, {size}))"
)
_ARRAY = (
  "image = np.float32(Image.open('photo.jpg').convert('RGB')"
  '.resize(({size}, {size})))'
)
_RUN = {
  'saved_model': """\
import numpy as np, PIL.Image, tensorflow as tf
image = PIL.Image.open('photo.jpg').convert('RGB')
model = tf.saved_model.load('.')
result = model.signatures['serving_default'](tf.constant(np.array([image])))
print({{name: value.numpy() for name, value in result.items()}})
""",
  'tflite': f"""\
import numpy as np, PIL.Image, ai_edge_litert.interpreter as litert
{_RESIZED}
run = litert.Interpreter('model.tflite').get_signature_runner()
result = run(images=np.array([image], np.{{dtype}}))
print(result)
""",
  'onnx': f"""\
import numpy as np, PIL.Image, onnxruntime
{_RESIZED}
session = onnxruntime.InferenceSession('model.onnx')
result = session.run(None, {{{{'images': np.float32([image])}}}})
print(dict(zip([output.name for output in session.get_outputs()], result)))
""",
  'openvino': f"""\
import numpy as np, PIL.Image, openvino
{_RESIZED}
model = openvino.compile_model('model.xml', 'CPU')
result = model(np.float32([image]))
print(result.to_dict())
""",
  'frozen_graph': f"""\
import numpy as np, PIL.Image as Image, tensorflow.compat.v1 as tf
{_ARRAY}
graph = tf.GraphDef.FromString(open('frozen_graph.pb', 'rb').read())
run = tf.wrap_function(lambda: tf.import_graph_def(graph, name=''), [])
print(run.prune('input:0', '{{output}}:0')(tf.constant([image / 127.5 - 1])))
""",
}


def check_output(folder: str | None) -> str:
  """Returns a folder to write an export to, in place of what it holds.

  Raises:
    InputError: it holds what no export is.
  """
  if not folder:
    raise InputError('--output is missing: the folder for the export')
  if os.path.exists(folder) and not os.path.isdir(folder):
    raise InputError(f'--output={folder} is a file; give a folder')
  there = os.listdir(folder) if os.path.isdir(folder) else []
  if opened.find(folder):
    there = sorted(set(there) - {FILE, *formats.NAMES, *_BESIDE})
  if there:
    raise InputError(
      f'--output={folder} holds files that no export has written '
      f'({names.several(there)}); give another folder, or empty it'
    )
  return folder


def sha256(path: str) -> str:
  """Returns that of a checkpoint's files, one after the other, by name."""
  folder, name = os.path.split(path)
  hashed = hashlib.sha256()
  for file in sorted(os.listdir(folder or '.')):
    if file == name or file.startswith((f'{name}.index', f'{name}.data-')):
      with open(os.path.join(folder, file), 'rb') as opened:
        while part := opened.read(2**20):
          hashed.update(part)
  return hashed.hexdigest()


def write(folder: str, info: dict[str, Any], label_names: Any) -> None:
  """Writes model.json, labels.txt and README.md.

  Args:
    folder: of the export.
    info: what run_info.write_run_info takes, and of the export format,
      precision, outputs, parameters, multiply_adds, bytes, checkpoint, step,
      checkpoint_sha256, versions, verification and evaluation.
    label_names: of the classes, or None.
  """
  run_info.write_run_info(folder, info)
  if label_names:
    labels.write_folder(folder, label_names)
  files.write_bytes(
    os.path.join(folder, FILE), _text(info).encode(errors='replace')
  )


def code(info: dict[str, Any]) -> str:
  """Returns the lines that run an export, from within its folder."""
  return _RUN[info['format']].format(
    size=info['image_size'],
    dtype='uint8' if info['precision'] == 'int8' else 'float32',
    output=info['outputs'][0],
  )


def _text(info):
  rows = '\n'.join(f'| {name} | {value} |' for name, value in _rows(info))
  return f"""\
# {info['model_name']}, {info['format']}, {info['precision']}

| | |
|---|---|
{rows}

## How to run it

Five lines, from within this folder, with a photo.jpg:

```python
{code(info)}```

{_input(info)} The line of labels.txt with a class's number has its name.
"""


def _rows(info):
  """Yields (name, value) of what there is to know."""
  checked, evaluated = info['verification'], info['evaluation']
  yield 'network', info['model_name']
  yield 'width', info['width']
  yield 'classes', info['num_classes']
  yield 'image size', f'{info["image_size"]} x {info["image_size"]} pixels'
  yield 'parameters', f'{info["parameters"]:,}'
  yield 'multiply-adds', f'{info["multiply_adds"] / 1e6:,.2f} million'
  yield 'bytes', f'{info["bytes"]:,}'
  yield 'outputs', ', '.join(info['outputs'])
  yield (
    f'compared on {checked["images"]}',
    f'largest difference {checked["difference"]:.1e}; '
    f'{checked["agreeing"]:.2%} of {checked["what"]} agree',
  )
  if evaluated:
    for name, value in evaluated['file'].items():
      yield (
        f'{name} on {evaluated["data_set"]}',
        f'{value:.4f} (checkpoint: {evaluated["checkpoint"][name]:.4f})',
      )
  else:
    yield 'accuracy', 'not evaluated'
  yield 'checkpoint', info['checkpoint']
  yield 'its SHA-256', info['checkpoint_sha256']
  yield from info['versions'].items()


def _input(info):
  """Returns how images come to it."""
  size, name = info['image_size'], info['preprocessing_name']
  if info['format'] == 'saved_model':
    return (
      'It takes RGB images as uint8 [batch, height, width, 3] of any size, and '
      'resizes them as the network learnt. The signature `slim` takes float32 '
      f'[batch, {size}, {size}, 3] in [-1, 1].'
    )
  scale = (
    'scaled to [-1, 1]'
    if info['format'] == 'frozen_graph'
    else 'from 0 to 255; the scaling is inside'
  )
  return (
    f'It takes RGB pixels [batch, {size}, {size}, 3], {scale}. The network '
    f'learnt from {preparation.in_words(name)}, bilinearly and without '
    'antialiasing: tf.image.resize does exactly that, Pillow nearly.'
  )
