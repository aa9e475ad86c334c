"""Which device TensorFlow runs on, and why not on a GPU that is there."""

from collections.abc import Callable
from collections.abc import Mapping
import ctypes
import glob
import os
import subprocess
import sys
from typing import NamedTuple
from typing import TextIO

import tensorflow as tf

from runtime import device

# What TensorFlow 2.21's wheel asks for: tf.sysconfig.get_build_info(), and for
# the driver NVIDIA's table of minor-version compatibility within CUDA 12.
_OLDEST_CAPABILITY = (6, 0)
_OLDEST_DRIVER = '525.60.13'
_LIBRARIES = (
  'libcudart.so.12',
  'libcublas.so.12',
  'libcublasLt.so.12',
  'libcudnn.so.9',
  'libcufft.so.11',
  'libcusolver.so.11',
  'libcusparse.so.12',
)

_CONTAINER = 'in a container: docker run --gpus all.'

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
    for name in _LIBRARIES
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


class Machine(NamedTuple):
  """Whom to ask about the GPUs of this machine; tests answer themselves."""

  ask_tensorflow: Callable[[], list[dict]] = ask_tensorflow
  ask_nvidia_smi: Callable[[], Answer] = ask_nvidia_smi
  is_in_machine: Callable[[], bool] = is_in_machine
  missing_libraries: Callable[[], list[str]] = missing_libraries
  ask_driver: Callable[[], str] = ask_driver
  is_cuda_build: Callable[[], bool] = tf.test.is_built_with_cuda
  environment: Mapping[str, str] = os.environ


THIS_MACHINE = Machine()


def why_no_gpu(machine: Machine = THIS_MACHINE) -> str | None:
  """Says in one line why a GPU is there and not used, and what to do.

  Returns:
    None if TensorFlow finds a GPU, the machine has none, or whoever started
    this hid them: CUDA_VISIBLE_DEVICES is empty or -1.
  """
  if machine.ask_tensorflow() or _are_hidden(machine):
    return None
  answer = machine.ask_nvidia_smi()
  if not answer.gpus and not machine.is_in_machine():
    return None
  names = ', '.join(dict.fromkeys(gpu.name for gpu in answer.gpus))
  return (
    f"TensorFlow does not find this machine's GPU ({names or 'NVIDIA'}): "
    f'{_reason(answer, machine)}'
  )


def _are_hidden(machine):
  visible = machine.environment.get('CUDA_VISIBLE_DEVICES')
  return visible is not None and visible.strip() in ('', '-1')


def _reason(answer, machine):
  """Returns why the GPUs of answer are not used; the hardest to mend first."""
  if not machine.is_cuda_build():
    return (
      'this TensorFlow is built without CUDA. The wheels for Linux on '
      'x86-64 are built with it.'
    )
  capabilities = [gpu.capability for gpu in answer.gpus]
  if capabilities and all(
    capability and capability < _OLDEST_CAPABILITY
    for capability in capabilities
  ):
    return (
      f'its compute capability is {_dotted(max(capabilities))}, and '
      f'TensorFlow {tf.__version__} needs {_dotted(_OLDEST_CAPABILITY)}: '
      'a GPU of the GeForce 10 series or a later one.'
    )
  return (
    _driver_reason(answer, machine)
    or _libraries_reason(machine)
    or _start_reason(machine)
  )


def _driver_reason(answer, machine):
  if answer.gpus:
    driver = answer.gpus[0].driver
    if driver and _numbers(driver) < _numbers(_OLDEST_DRIVER):
      return (
        f'its driver is {driver}, and CUDA 12 needs {_OLDEST_DRIVER} or '
        'later: update it.'
      )
  elif said := machine.ask_driver():  # A container may lack nvidia-smi only.
    said = (answer.complaint or said).rstrip('.')
    return (
      f"no driver offers it ({said}). Install NVIDIA's, {_OLDEST_DRIVER} "
      f'or later, and restart; {_CONTAINER}'
    )
  return None


def _libraries_reason(machine):
  missing = machine.missing_libraries()
  if not missing:
    return None
  which = '' if len(missing) == len(_LIBRARIES) else f' ({", ".join(missing)})'
  return (
    f"CUDA's libraries are missing{which}: run make, or "
    'pip install -r requirements-cuda.lock.'
  )


def _start_reason(machine):
  said = machine.ask_driver()
  if not said:
    return (
      "the reason is in TensorFlow's log: TF_CPP_MIN_LOG_LEVEL=0 python "
      "-c 'import tensorflow as tf; tf.config.list_physical_devices()'"
    )
  visible = machine.environment.get('CUDA_VISIBLE_DEVICES')
  if visible is not None:
    return (
      f'CUDA does not start ({said}). CUDA_VISIBLE_DEVICES={visible} may '
      'name none that is there: unset it.'
    )
  return (
    f'CUDA does not start ({said}). If the driver was updated, restart; '
    f'{_CONTAINER}'
  )


def _numbers(version):
  return [int(part) for part in version.split('.') if part.isdigit()]


def _dotted(capability):
  return '.'.join(map(str, capability))


def describe_device(machine: Machine = THIS_MACHINE) -> str:
  """Returns the device that networks run on, in one line for programs."""
  found = machine.ask_tensorflow()
  if not found:
    return _describe_cpu()
  name = found[0].get('device_name', 'of unknown name')
  parts = [f'GPU {name}']
  if 'compute_capability' in found[0]:
    parts.append(
      f'compute capability {_dotted(found[0]["compute_capability"])}'
    )
  sizes = {gpu.name: gpu.megabytes for gpu in machine.ask_nvidia_smi().gpus}
  if sizes.get(name):
    parts.append(f'{sizes[name] / 1024:.0f} GB')
  more = f' (the first of {len(found)})' if len(found) > 1 else ''
  return f'Device: {", ".join(parts)}{more}'


def tell_device(file: TextIO | None = None) -> None:
  """Prints the device; on stderr why it is no GPU where one is there.

  file: where the device's line goes; stdout where None.
  """
  print(describe_device(), file=file, flush=True)
  reason = why_no_gpu()
  if reason:
    print(reason, file=sys.stderr, flush=True)


def _describe_cpu():
  cores = device.num_cores()
  units = device.kind().removeprefix('CPU')
  return f'Device: CPU, {cores} core{"s" * (cores != 1)}{units}'
