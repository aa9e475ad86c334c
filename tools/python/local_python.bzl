"""A repository for the Python installation behind `python3` on PATH.

An activated virtual environment comes first there. TensorFlow, tf-slim and the
rest are what `pip install -r requirements.lock` put into its site-packages.

  @local_python//:site_packages  py_library that makes those packages importable
  @local_python//:toolchain      the interpreter; only WORKSPACE registers it
"""

_PROBE = """
import importlib.util, sys, sysconfig
print(sys.executable)
print(sysconfig.get_path('purelib'))
print(*[m for m in sys.argv[1:] if importlib.util.find_spec(m) is None])
"""

_BUILD = """\
load(
    "@rules_python//python:defs.bzl",
    "py_library",
    "py_runtime",
    "py_runtime_pair",
)

py_library(
    name = "site_packages",
    data = ["site-packages"],
    imports = ["site-packages"],
    visibility = ["//visibility:public"],
)

py_runtime(
    name = "py3_runtime",
    interpreter_path = "{interpreter}",
    python_version = "PY3",
    stub_shebang = "#!/usr/bin/env python3",
)

py_runtime_pair(
    name = "runtime_pair",
    py3_runtime = ":py3_runtime",
)

toolchain(
    name = "toolchain",
    toolchain = ":runtime_pair",
    toolchain_type = "@bazel_tools//tools/python:toolchain_type",
)
"""

def _local_python_impl(ctx):
    python = ctx.which("python3")
    if not python:
        fail("There is no python3 on PATH: activate a virtual environment.")
    probe = ctx.execute([python, "-c", _PROBE] + ctx.attr.modules)
    if probe.return_code:
        fail("%s failed:\n%s" % (python, probe.stderr))
    executable, site_packages, missing = probe.stdout.split("\n")[:3]
    if missing:
        # buildifier: disable=print
        print("%s lacks %s: run `pip install -r requirements.lock` or " %
              (executable, missing) + "activate another virtual environment.")

    ctx.symlink(site_packages, "site-packages")
    ctx.file("BUILD", _BUILD.format(interpreter = executable))

local_python = repository_rule(
    implementation = _local_python_impl,
    attrs = {
        "modules": attr.string_list(
            default = ["tensorflow", "tf_slim"],
            doc = "Modules to warn about where the installation lacks them.",
        ),
    },
    environ = ["PATH"],
    local = True,
)
