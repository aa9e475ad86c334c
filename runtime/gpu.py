"""Which device TensorFlow runs on, and why not on a GPU that is there."""

from collections.abc import Callable
from collections.abc import Mapping
import functools
import os
import sys
from typing import NamedTuple
from typing import TextIO

import tensorflow as tf

from runtime import device
from runtime import nvidia

_CONTAINER = 'in a container: docker run --gpus all.'


class Machine(NamedTuple):
  """Whom to ask about the GPUs of this machine; tests answer themselves."""

  ask_tensorflow: Callable[[], list[dict]] = nvidia.ask_tensorflow
  ask_nvidia_smi: Callable[[], nvidia.Answer] = nvidia.ask_nvidia_smi
  is_in_machine: Callable[[], bool] = nvidia.is_in_machine
  missing_libraries: Callable[[], list[str]] = nvidia.missing_libraries
  ask_driver: Callable[[], str] = nvidia.ask_driver
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
    capability and capability < nvidia.OLDEST_CAPABILITY
    for capability in capabilities
  ):
    return (
      f'its compute capability is {_dotted(max(capabilities))}, and '
      f'TensorFlow {tf.__version__} needs {_dotted(nvidia.OLDEST_CAPABILITY)}: '
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
    if driver and _numbers(driver) < _numbers(nvidia.OLDEST_DRIVER):
      return (
        f'its driver is {driver}, and CUDA 12 needs {nvidia.OLDEST_DRIVER} or '
        'later: update it.'
      )
  elif said := machine.ask_driver():  # A container may lack nvidia-smi only.
    said = (answer.complaint or said).rstrip('.')
    return (
      f"no driver offers it ({said}). Install NVIDIA's, {nvidia.OLDEST_DRIVER} "
      f'or later, and restart; {_CONTAINER}'
    )
  return None


def _libraries_reason(machine):
  missing = machine.missing_libraries()
  if not missing:
    return None
  which = (
    '' if len(missing) == len(nvidia.LIBRARIES) else f' ({", ".join(missing)})'
  )
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


@functools.cache
def _of_this_machine():
  """Returns (its device, why it is no GPU): asked once, as nvidia-smi waits."""
  return describe_device(), why_no_gpu()


def tell_device(file: TextIO | None = None) -> None:
  """Prints the device; on stderr why it is no GPU where one is there.

  file: where the device's line goes; stdout where None.
  """
  described, reason = _of_this_machine()
  print(described, file=file, flush=True)
  if reason:
    print(reason, file=sys.stderr, flush=True)


def _describe_cpu():
  cores = device.num_cores()
  units = device.kind().removeprefix('CPU')
  return f'Device: CPU, {cores} core{"s" * (cores != 1)}{units}'
