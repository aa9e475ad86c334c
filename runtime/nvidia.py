"""What this machine says of its NVIDIA GPUs, their driver and CUDA."""

import ctypes
import glob
import os
import subprocess
from typing import NamedTuple

import tensorflow as tf

# What TensorFlow 2.21's wheel asks for: tf.sysconfig.get_build_info(), and for
# the driver NVIDIA's table of minor-version compatibility within CUDA 12.
OLDEST_CAPABILITY = (6, 0)
OLDEST_DRIVER = '525.60.13'
LIBRARIES = (
  'libcudart.so.12',
  'libcublas.so.12',
  'libcublasLt.so.12',
  'libcudnn.so.9',
  'libcufft.so.11',
  'libcusolver.so.11',
  'libcusparse.so.12',
)

_QUERY = ('name', 'driver_version', 'memory.total', 'compute_cap')
_NVIDIA = '0x10de'  # the maker, on the PCI bus
_DISPLAY = '0x03'  # so begins the class of display controllers


class Gpu(NamedTuple):
  """A GPU as nvidia-smi tells of it."""

  name: str
  driver: str
  megabytes: int | None
  capability: tuple[int, int] | None  # drivers before 510 do not tell


class Answer(NamedTuple):
  """What nvidia-smi said: its GPUs, or its complaint."""

  gpus: list[Gpu]
  complaint: str = ''


def ask_tensorflow() -> list[dict]:
  """Returns the details of each GPU that TensorFlow finds."""
  return [
    tf.config.experimental.get_device_details(gpu)
    for gpu in tf.config.list_physical_devices('GPU')
  ]


def ask_nvidia_smi(program: str = 'nvidia-smi') -> Answer:
  """Returns its answer: no GPUs and no complaint where it is missing."""
  for query in (_QUERY, _QUERY[:-1]):
    try:
      result = subprocess.run(
        [
          program,
          f'--query-gpu={",".join(query)}',
          '--format=csv,noheader,nounits',
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
      )
    except (OSError, subprocess.TimeoutExpired) as error:
      missing = isinstance(error, FileNotFoundError)
      return Answer([], '' if missing else str(error))
    if not result.returncode:
      return Answer([_parse(line) for line in result.stdout.splitlines()])
  said = (result.stdout + result.stderr).splitlines() or ['it failed']
  return Answer([], said[0].strip())


def _parse(line):
  """Returns the Gpu of a line such as 'NVIDIA A100, 550.54.15, 81920, 8.0'."""
  name, driver, megabytes, capability = (
    [part.strip() for part in line.split(',')] + [''] * 3
  )[:4]
  major, _, minor = capability.partition('.')
  return Gpu(
    name,
    driver,
    int(megabytes) if megabytes.isdigit() else None,
    (int(major), int(minor)) if major.isdigit() else None,
  )


def is_in_machine(root: str = '/') -> bool:
  """Whether the system shows an NVIDIA GPU, with its driver or without."""
  if os.path.exists(os.path.join(root, 'dev/nvidia0')) or glob.glob(
    os.path.join(root, 'proc/driver/nvidia/gpus/*')
  ):
    return True
  return any(
    _read(path) == _NVIDIA
    and _read(os.path.join(os.path.dirname(path), 'class')).startswith(_DISPLAY)
    for path in glob.glob(os.path.join(root, 'sys/bus/pci/devices/*/vendor'))
  )


def _read(path):
  try:
    with open(path, encoding='utf-8') as file:
      return file.read().strip()
  except OSError:
    return ''


def missing_libraries(
  site_packages: str = os.path.dirname(os.path.dirname(tf.__file__)),
) -> list[str]:
  """Returns which of CUDA's libraries TensorFlow will look for in vain."""
  return [
    name
    for name in LIBRARIES
    if not glob.glob(f'{glob.escape(site_packages)}/nvidia/*/lib/{name}')
    and not _loads(name)
  ]


def _loads(library):
  try:
    ctypes.CDLL(library)
    return True
  except OSError:
    return False


def ask_driver(library: str = 'libcuda.so.1') -> str:
  """Returns what the driver says against starting CUDA; '' if it starts."""
  try:
    driver = ctypes.CDLL(library)
  except OSError:
    return f'{library} is missing'
  error = driver.cuInit(0)
  if not error:
    return ''
  message = ctypes.c_char_p()
  driver.cuGetErrorString(error, ctypes.byref(message))
  return (message.value or b'error %d' % error).decode()
