"""The flags of an export: which format, where to, and how exact."""

from typing import NamedTuple

from absl import flags

from base import limits
from base import program_flags
from export import formats
from export import verification

# The flags belong to the program that has them defined.
flags.disclaim_key_flags()


class ExportOptions(NamedTuple):
  """What is made, and where."""

  format: str
  output: str | None
  precision: str
  calibration: str | None
  num_calibration_images: int
  min_agreement: float | None
  evaluate: bool
  max_accuracy_drop: float


def define() -> None:
  """Defines the flags."""
  _define_output()
  _define_images()
  _define_proof()


def _define_output():
  flags.DEFINE_enum(
    'format',
    'saved_model',
    list(formats.FORMATS),
    'Format of the export. frozen_graph is what slim froze, for TensorFlow 1.',
  )
  program_flags.define_path(
    'output',
    None,
    'Folder for the export, which must not exist, be empty, or hold an earlier '
    'export, whose place it takes.',
  )
  program_flags.require_utf8('output')
  flags.DEFINE_enum(
    'precision',
    'float32',
    formats.PRECISIONS,
    'Precision of the file: float16 (tflite, onnx, openvino) halves it; int8 '
    '(tflite, onnx; of OpenVINO it would need nncf) quarters it, and needs '
    'images to measure the ranges of values on.',
  )


def _define_images():
  program_flags.define_path(
    'calibration',
    None,
    'Folder of images for int8, and to compare on where there is no data set. '
    'Default: images of the part of the data set that trained.',
  )
  flags.DEFINE_integer(
    'num_calibration_images',
    100,
    'Largest number of images to take for int8.',
    1,
    limits.BATCH_SIZE,
  )


def _define_proof():
  least = ', '.join(
    f'{bound.agreeing:g} ({precision})'
    for precision, bound in verification.BOUNDS.items()
  )
  flags.DEFINE_float(
    'min_agreement',
    None,
    'Least part of likeliest classes, of boxes or of pixels that must be those '
    f'of the checkpoint on the images compared. Default: {least}.',
    0.0,
    1.0,
  )
  flags.DEFINE_bool(
    'evaluate',
    None,
    'Evaluates the checkpoint and the file on the images that were held out. '
    'Default: with int8.',
  )
  flags.DEFINE_float(
    'max_accuracy_drop',
    0.05,
    'Largest part of accuracy, mAP or mIOU that the file may lose in the '
    'evaluation.',
    0.0,
    1.0,
  )


def read() -> ExportOptions:
  """Returns what these flags say."""
  return program_flags.read(ExportOptions)
