"""Networks at the goldens' rule, as export/ takes them; exports in folders."""

import contextlib
import io
import os
import re
from unittest import mock

import numpy as np
import tensorflow as tf

from checkpoints import run_info
from datasets.input_pipeline import InputOptions
from export import card
from export import formats
from export.network import Network
from runtime import inference
from tests.helpers import checkpoints as checkpoint_testing
from tests.helpers import image_files
from tests.helpers import networks as testing

# With one of these ONNX Runtime 1.32 keeps quiet by itself, or keeps its data
# base elsewhere (the strings of its shared library).
_UNTOLD = (
  *('ORT_DISABLE_TELEMETRY', 'ORT_RUNNING_UNIT_TESTS', 'XDG_CACHE_HOME', 'CI'),
  *('TF_BUILD', 'GITHUB_ACTIONS', 'GITLAB_CI', 'CIRCLECI', 'TRAVIS'),
  *('JENKINS_URL', 'CODEBUILD_BUILD_ID', 'BUILDKITE', 'TEAMCITY_VERSION'),
  *('APPVEYOR', 'BITBUCKET_BUILD_NUMBER'),
)


@contextlib.contextmanager
def telling_environment(home):
  """Where ONNX Runtime would tell its makers what it runs, and keep it in home.

  Processes that are started meanwhile get it.
  """
  with mock.patch.dict(os.environ, HOME=home):
    for name in _UNTOLD:
      os.environ.pop(name, None)
    yield


def network(model, exported, image_size, preprocessing_name, label_names=None):
  """Returns the Network of a model that has its variables."""
  return Network(
    inference.frozen(model),
    exported,
    InputOptions(8, image_size, preprocessing_name),
    label_names,
    tuple(model.variables_by_name),
  )


def classifier(num_classes, implementation='fast'):
  """Returns the smallest model, at the rule, which tells images apart."""
  model = testing.RuledModel(
    'mobilenet_v1', num_classes, implementation, depth_multiplier=0.1
  )
  model(tf.zeros([1, 32, 32, 3]))
  logits = 'MobilenetV1/Logits/Conv2d_1c_1x1/weights'
  weights = model.variables_by_name[logits]
  weights.assign(30 * weights)
  return model


def save_run(variables, run, **info):
  """Writes a run of such a classifier, whose model.json says info as well.

  Returns the checkpoint's path.
  """
  path = checkpoint_testing.save(variables, run)
  run_info.write_run_info(
    run, {'model_name': 'mobilenet_v1', 'depth_multiplier': 0.1, **info}
  )
  return path


def images(count, size):
  """Returns (uint8 images, the same in [-1, 1])."""
  pixels = np.stack(
    [image_files.noise(seed, size, size) for seed in range(count)]
  )
  return pixels, np.float32(pixels / 127.5 - 1)


def write(exported_network, folder, name, precision='float32'):
  """Writes an export, without a card; returns the folder."""
  os.makedirs(folder)
  _, calibration = images(8, exported_network.input.image_size)
  formats.FORMATS[name].write(exported_network, folder, precision, calibration)
  return folder


def run_card(folder, pixels, image_format='PNG'):
  """Returns what the lines of a card print, as they stand, of an image."""
  with open(os.path.join(folder, card.FILE), encoding='utf-8') as file:
    (code,) = re.findall(r'```python\n(.*?)```', file.read(), re.DOTALL)
  if max(map(len, code.splitlines())) > 80:
    raise ValueError(f'a card has lines of more than 80 columns: {code}')
  image_files.write(
    folder, 'photo.jpg', image_files.encode(pixels, image_format)
  )
  with (
    contextlib.chdir(folder),
    contextlib.redirect_stdout(io.StringIO()) as printed,
  ):
    exec(code, {})
  return printed.getvalue()


def write_card(folder, outputs, shown='', label_names=None, **info):
  """Writes the card of an export; what it tells beside is made up."""
  card.write(
    folder,
    {
      'format': 'tflite',
      'precision': 'float32',
      'width': 0.1,
      'preprocessing_name': 'lenet',
      'shrink_images': False,
      'parameters': 1,
      'multiply_adds': 2,
      'bytes': 3,
      'outputs': outputs,
      'checkpoint': 'model.ckpt-7',
      'checkpoint_sha256': '4',
      'versions': {},
      'verification': {
        'images': 'none',
        'difference': 0.0,
        'agreeing': 1.0,
        'what': 'boxes',
      },
      'evaluation': None,
      **info,
    },
    label_names,
    shown,
  )
