#!/bin/sh
# Builds the native peers against TensorFlow's PyPI wheel, and the probe of the machine's limits.
#
#   PYTHON   a Python that can import tensorflow   (default: python3)
#   TF_DIR   the tensorflow package folder         (default: asked of PYTHON)
#   OUT      where the binaries go                 (default: ./out)
set -eu
cd "$(dirname "$0")"
PYTHON=${PYTHON:-python3}
OUT=${OUT:-out}
if [ -z "${TF_DIR:-}" ]; then
  TF_DIR=$("$PYTHON" -c 'import importlib.util as u; s = u.find_spec("tensorflow"); print(s.submodule_search_locations[0] if s else "")')
fi
if [ ! -f "$TF_DIR/libtensorflow_cc.so.2" ]; then
  echo "build.sh: no libtensorflow_cc.so.2 in '$TF_DIR': set PYTHON or TF_DIR" >&2
  exit 1
fi
mkdir -p "$OUT"

# Without --no-as-needed the linker drops libtensorflow_cc, and with it the session factory.
link="-Wl,--no-as-needed $TF_DIR/libtensorflow_cc.so.2 $TF_DIR/libtensorflow_framework.so.2 -Wl,-rpath,$TF_DIR -lm"

gcc -O2 -w -I"$TF_DIR/include" tf_c_bench.c -o "$OUT/tf_c_bench" $link
g++ -O1 -w -DNDEBUG -DEIGEN_MAX_ALIGN_BYTES=64 -std=c++17 -I"$TF_DIR/include" \
  tf_cc_bench.cc -o "$OUT/tf_cc_bench" $link
if grep -qw avx512f /proc/cpuinfo; then
  g++ -O3 -march=native -std=c++17 -pthread limits.cpp -o "$OUT/limits"
else
  echo "build.sh: no AVX-512 on this machine, limits is left out" >&2
fi
