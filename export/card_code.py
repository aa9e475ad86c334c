"""The lines of Python on a card that run an export on a photograph.

They need the runtime, NumPy and Pillow alone, and see an image as the programs
do: up to rounding, their answer is that of the checkpoint. Where the run shrank
photographs, that holds for JPEGs, and for others that are not large.
"""

from typing import Any

from datasets import preprocessing
from datasets import shrinking

_OPEN = """\
import numpy as np
from PIL import Image, ImageOps

photo = Image.open('photo.jpg')
"""
# Pillow's rule for how far is that of shrinking.ratio.
_SHRINK = """\
photo.draft('RGB', ({side}, {side}))  # shrinks large JPEGs as they are decoded
"""
_TURN = """\
photo = ImageOps.exif_transpose(photo).convert('RGB')
"""
_CROP = """\
# The middle: 87.5 % of each side.
margins = [int((side - side * 0.875) / 2) for side in photo.size]
photo = ImageOps.crop(photo, (*margins, *margins))
"""
# In weights: what each pixel takes of those that were there.
_RESIZE = """\

def weights(length, size):  # bilinear, without antialiasing
  places = np.minimum(np.arange(size) * length / size, length - 1)
  return np.maximum(1 - abs(places[:, None] - np.arange(length)), 0)

columns, rows = (weights(side, {size}) for side in photo.size)
image = np.einsum('yh,hwc,xw->yxc', rows, photo, columns, optimize=True)
"""
_FIT = """\

def weights(length, size):  # bilinear, without antialiasing, corner on corner
  places = np.linspace(0, length - 1 if size > 1 else 0, size)
  return np.maximum(1 - abs(places[:, None] - np.arange(length)), 0)

# Shrunk where it is too large, and filled up with grey.
longest = max(*photo.size, {size})
columns, rows = (
  weights(side, max(side * {size} // longest, 1)) for side in photo.size
)
image = np.full([{size}, {size}, 3], 127.5)
image[: len(rows), : len(columns)] = np.einsum(
  'yh,hwc,xw->yxc', rows, photo, columns, optimize=True
)
"""
_RUN = {
  'saved_model': """\
import tensorflow as tf
run = tf.saved_model.load('.').signatures['serving_default']
result = run(images=tf.constant(np.array([photo])))
""",
  'tflite': """\
from ai_edge_litert.interpreter import Interpreter
run = Interpreter('model.tflite').get_signature_runner()
result = run(images={pixels})
""",
  'onnx': """\
import onnxruntime
run = onnxruntime.InferenceSession('model.onnx').run
names = {outputs}
result = dict(zip(names, run(names, {{'images': np.float32([image])}})))
""",
  'openvino': """\
import openvino
hint = {{'INFERENCE_PRECISION_HINT': 'f32'}}  # left out: maybe bfloat16
run = openvino.compile_model('model.xml', 'CPU', hint)
result = run(np.float32([image]))
""",
  'frozen_graph': """\
import tensorflow.compat.v1 as tf
graph = tf.GraphDef.FromString(open('frozen_graph.pb', 'rb').read())
run = tf.wrap_function(lambda: tf.import_graph_def(graph, name=''), [])
run = run.prune('input:0', {{name: f'{{name}}:0' for name in {outputs}}})
result = run(tf.constant([image / 127.5 - 1], tf.float32))
""",
}
# Whether as uint8.
_PIXELS = {
  False: 'np.float32([image])',
  True: 'np.rint([image]).astype(np.uint8)',
}
_NAMES = """\
labels = open('labels.txt', encoding='utf-8').read().splitlines()
"""
_NUMBERS = """\
labels = range({num_classes})  # Their names are not known.
"""


def write(info: dict[str, Any], has_names: bool, shown: str) -> str:
  """Returns the lines, to be run from within the export's folder.

  Args:
    info: of card.write.
    has_names: whether labels.txt is there.
    shown: of tasks.task.Exported.
  """
  prepare = '' if info['format'] == 'saved_model' else _prepare(info)
  names = _NAMES if has_names else _NUMBERS
  return (
    _OPEN
    + _shrink(info)
    + _TURN
    + '\n'.join(
      part.format(
        size=info['image_size'],
        pixels=_PIXELS[info['precision'] == 'int8'],
        outputs=info['outputs'],
        num_classes=info['num_classes'],
      )
      for part in (prepare, _RUN[info['format']], names + shown)
    )
  )


def _shrink(info):
  """Returns the line that does what datasets.shrinking does to JPEGs."""
  if not info['shrink_images']:
    return ''
  return _SHRINK.format(side=shrinking.smallest_side(info['image_size']))


def _prepare(info):
  """Returns the lines that do what datasets.preparation.fit does."""
  name = info['preprocessing_name']
  if name == 'deeplab':
    return _FIT
  is_cropped = (
    name in preprocessing.names()
    and preprocessing.evaluation_window(1000, 1000, name)[0]
  )
  return (_CROP if is_cropped else '') + _RESIZE
