"""tf-slim as it runs on TensorFlow 2.21; base/tf_slim_compat.py says how.

from nets.tf_slim_compat import slim
"""

from base.tf_slim_compat import slim as slim
