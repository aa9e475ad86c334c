"""What a run reads and changes, by its names in checkpoints."""

from training import state as training_state


def variables_of(state):
  """Returns {name: variable} of all that a run saves."""
  return {
    **state.model.variables_by_name,
    **training_state.state_by_name(state),
  }


def values(state):
  """Returns {name: array} of them."""
  return {
    name: variable.numpy() for name, variable in variables_of(state).items()
  }
