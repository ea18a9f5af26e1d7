#!/usr/bin/env python3
"""Builds the benchmark workloads as TF1 GraphDefs, with feeds and TF's own outputs.

  python workloads.py --out DIR [--only REGEX] [--list]

Per workload DIR/NAME/ gets NAME.pb, feed_*.npy, expect_*.npy, manifest.json and
manifest.txt (the same, one fact per line, for programs without a JSON parser).
Weights are pseudo-random, seeded by their name; nothing is downloaded.
Needs: tensorflow 2.x (compat.v1), numpy.
"""

import argparse, json, os, re, sys, zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np

f32 = np.float32


def W(name, shape, scale=None, dtype=f32):
    """Seeded weights: the same array for the same name everywhere (TF, torch, jax)."""
    r = np.random.RandomState(zlib.crc32(name.encode()) & 0x7FFFFFFF)
    if scale is None:
        fan = int(np.prod(shape[:-1])) if len(shape) > 1 else 1
        scale = (2.0 / max(fan, 1)) ** 0.5
    return (r.standard_normal(shape) * scale).astype(dtype)


def ints(name, shape, hi):
    return (
        np.random.RandomState(zlib.crc32(name.encode()) & 0x7FFFFFFF).randint(0, hi, shape).astype(np.int32)
    )


REG = {}


def wl(name, group, **kw):
    def d(f):
        REG[name] = dict(fn=f, group=group, **kw)
        return f

    return d


class B:
    """What a workload hands back."""

    def __init__(s):
        s.feeds, s.fetches, s.targets, s.init = {}, [], [], []
        s.flops = 0
        s.bytes = None
        s.dyn_ops = 0
        s.rtol = 1e-3
        s.atol = 1e-4
        s.note = ""
        s.bf16_flops = 0

    def ph(s, name, arr, dtype=None):
        p = tf1.placeholder(dtype or arr.dtype, arr.shape, name=name)
        s.feeds[p.name] = arr
        return p


def C(name, *a, **k):
    return tf1.constant(W(name, *a, **k), name=name)


# ---------------------------------------------------------------- session overhead
@wl("const_fetch", "session")
def _(b):
    b.fetches = [tf1.constant(np.arange(4, dtype=f32), name="c")]


@wl("add_vec4", "session")
def _(b):
    x = b.ph("x", np.arange(4, dtype=f32))
    b.fetches = [tf1.add(x, tf1.constant(f32(1.5)), name="y")]
    b.dyn_ops = 1


@wl("wide_1000", "session")
def _(b):
    x = b.ph("x", np.array(0.5, f32))
    b.fetches = [tf1.add_n([tf1.add(x, tf1.constant(f32(i)), name=f"a{i}") for i in range(1000)], name="s")]
    b.dyn_ops = 2000
    b.rtol = 1e-5


@wl("chain_1000", "session")
def _(b):
    x = b.ph("x", np.array(0.5, f32))
    s = b.ph("s", np.array(1.25, f32))
    z = x
    for i in range(500):
        z = tf1.multiply(tf1.tanh(z), s)
    b.fetches = [tf1.identity(z, name="z")]
    b.dyn_ops = 1000


def _while(b, n, v2, vec=16):
    if v2:
        tf1.enable_control_flow_v2()
    try:
        lim = b.ph("n", np.array(n, np.int32))
        v = b.ph("v", np.ones(vec, f32))
        k = b.ph("k", np.array(1.0001, f32))
        i, o = tf1.while_loop(
            lambda i, a: i < lim, lambda i, a: (i + 1, a * k), [tf1.constant(0), v], parallel_iterations=10
        )
        b.fetches = [tf1.identity(i, name="oi"), tf1.identity(o, name="ov")]
        b.dyn_ops = n * 3
        b.rtol = 1e-3
    finally:
        tf1.disable_control_flow_v2()


for _n in (1000, 10000):
    wl(f"while_v1_{_n}", "control")(lambda b, n=_n: _while(b, n, False))
    wl(f"while_v2_{_n}", "control")(lambda b, n=_n: _while(b, n, True))


@wl("cond_v1_100", "control")
def _(b):
    x = b.ph("x", np.ones(4, f32))
    z = x
    t = b.ph("t", np.array(0.5, f32))
    for i in range(100):
        z = tf1.cond(tf1.less(t, tf1.constant(f32(i % 2))), lambda z=z: z * t, lambda z=z: z + t)
    b.fetches = [tf1.identity(z, name="z")]
    b.dyn_ops = 200


@wl("queue_pingpong", "session", stateful=True)
def _(b):
    x = b.ph("x", np.arange(4, dtype=f32))
    q = tf1.FIFOQueue(8, [tf1.float32], [[4]], name="q")
    e = q.enqueue(x)
    with tf1.control_dependencies([e]):
        b.fetches = [tf1.identity(q.dequeue(), name="y")]
    b.dyn_ops = 2


@wl("var_assign_add", "session", stateful=True)
def _(b):
    v = tf1.get_variable("v", initializer=np.zeros(4, f32), use_resource=True)
    b.init = [v.initializer]
    x = b.ph("x", np.ones(4, f32))
    b.targets = [v.assign_add(x).op if hasattr(v.assign_add(x), "op") else v.assign_add(x)]
    b.dyn_ops = 1


@wl("refvar_assign_add", "session", stateful=True)
def _(b):
    v = tf1.get_variable("v", initializer=np.zeros(4, f32), use_resource=False)
    b.init = [v.initializer]
    x = b.ph("x", np.ones(4, f32))
    b.targets = [v.assign_add(x).op]
    b.dyn_ops = 1


@wl("feedfetch_64MiB", "session")
def _(b):
    x = b.ph("x", np.ones(16 << 20, f32))
    b.fetches = [tf1.identity(x, name="y")]
    b.bytes = 0
    b.note = "zero-copy question: floor is 0 bytes moved"


# ---------------------------------------------------------------- kernels
def _mm(b, n, dt):
    a, c = W("mma", (n, n), 1.0), W("mmb", (n, n), 1.0 / n**0.5)
    if dt == "bf16":
        import ml_dtypes

        a, c = a.astype(ml_dtypes.bfloat16), c.astype(ml_dtypes.bfloat16)
        b.rtol = 3e-2
        b.atol = 5e-2
    b.fetches = [tf1.matmul(b.ph("a", a), b.ph("b", c), name="y")]
    if dt == "bf16":
        b.bf16_flops = 2 * n**3
    else:
        b.flops = 2 * n**3
        b.atol = 1e-3


for _n in (64, 256, 1024, 4096):
    wl(f"matmul_f32_{_n}", "kernel")(lambda b, n=_n: _mm(b, n, "f32"))
for _n in (256, 1024, 4096):
    wl(f"matmul_bf16_{_n}", "kernel")(lambda b, n=_n: _mm(b, n, "bf16"))


@wl("batch_matmul_12x128x64", "kernel")
def _(b):
    q, k = b.ph("q", W("q", (8, 12, 128, 64), 1.0)), b.ph("k", W("k", (8, 12, 128, 64), 0.125))
    b.fetches = [tf1.matmul(q, k, transpose_b=True, name="y")]
    b.flops = 2 * 8 * 12 * 128 * 128 * 64
    b.atol = 1e-3


def _conv(b, n, h, ci, co, k, s=1, bias=True):
    x = b.ph("x", W("x", (n, h, h, ci), 1.0))
    y = tf1.nn.conv2d(x, C("w", (k, k, ci, co)), [1, s, s, 1], "SAME")
    b.fetches = [tf1.nn.relu(tf1.nn.bias_add(y, C("bias", (co,), 0.1)), name="y")]
    oh = -(-h // s)
    b.flops = 2 * n * oh * oh * k * k * ci * co
    b.atol = 2e-3


for _nm, _a in {
    "conv3x3_56x64": (1, 56, 64, 64, 3),
    "conv3x3_28x128": (1, 28, 128, 128, 3),
    "conv3x3_14x256": (1, 14, 256, 256, 3),
    "conv3x3_7x512": (1, 7, 512, 512, 3),
    "conv1x1_56x64_256": (1, 56, 64, 256, 1),
    "conv1x1_14x1024_256": (1, 14, 1024, 256, 1),
    "conv7x7_224": (1, 224, 3, 64, 7, 2),
    "conv3x3_56x64_n8": (8, 56, 64, 64, 3),
}.items():
    wl(_nm, "kernel")(lambda b, a=_a: _conv(b, *a))


@wl("depthwise3x3_56x144", "kernel")
def _(b):
    x = b.ph("x", W("x", (1, 56, 56, 144), 1.0))
    b.fetches = [tf1.nn.depthwise_conv2d(x, C("w", (3, 3, 144, 1), 0.3), [1, 1, 1, 1], "SAME", name="y")]
    b.flops = 2 * 56 * 56 * 144 * 9
    b.atol = 1e-3


def gelu8(x):
    t = tf1.add(x, tf1.multiply(f32(0.044715), tf1.multiply(tf1.multiply(x, x), x)))
    return tf1.multiply(
        tf1.multiply(f32(0.5), x), tf1.add(f32(1.0), tf1.tanh(tf1.multiply(f32(0.7978845608), t)))
    )


for _s, _n in (("1M", 1 << 20), ("16M", 16 << 20)):

    def _g(b, n=_n):
        b.fetches = [tf1.identity(gelu8(b.ph("x", W("x", (n,), 1.0))), name="y")]
        b.flops = n * 30

    wl(f"gelu8_{_s}", "kernel")(_g)

    def _ad(b, n=_n):
        p, m, v, g = (b.ph(c, np.abs(W(c, (n,), 0.1)) if c == "v" else W(c, (n,), 0.1)) for c in "pmvg")
        m2 = tf1.add(tf1.multiply(m, f32(0.9)), tf1.multiply(g, f32(0.1)))
        v2 = tf1.add(tf1.multiply(v, f32(0.999)), tf1.multiply(tf1.square(g), f32(0.001)))
        p2 = tf1.subtract(p, tf1.divide(tf1.multiply(f32(1e-3), m2), tf1.add(tf1.sqrt(v2), f32(1e-8))))
        b.fetches = [tf1.identity(p2, name="p2"), tf1.identity(m2, name="m2"), tf1.identity(v2, name="v2")]
        b.flops = n * 20

    if _s == "1M":
        wl("adam_1M", "kernel")(_ad)
    else:
        wl("adam_16M", "kernel")(_ad)


@wl("add_1M", "kernel")
def _(b):
    b.fetches = [tf1.add(b.ph("x", W("x", (1 << 20,), 1.0)), b.ph("y", W("y", (1 << 20,), 1.0)), name="z")]
    b.flops = 1 << 20


@wl("bcast_add_1024x1024", "kernel")
def _(b):
    b.fetches = [tf1.add(b.ph("x", W("x", (1024, 1024), 1.0)), b.ph("y", W("y", (1024, 1), 1.0)), name="z")]
    b.flops = 1 << 20


@wl("softmax_1024x1024", "kernel")
def _(b):
    b.fetches = [tf1.nn.softmax(b.ph("x", W("x", (1024, 1024), 1.0)), name="y")]
    b.flops = 25 << 20
    b.atol = 1e-6


def lnorm(x, g, be, axis=-1):
    m, v = tf1.nn.moments(x, [axis], keepdims=True)
    return tf1.nn.batch_normalization(x, m, v, be, g, f32(1e-12))


@wl("layernorm_1024x768", "kernel")
def _(b):
    b.fetches = [
        tf1.identity(
            lnorm(b.ph("x", W("x", (1024, 768), 1.0)), C("g", (768,), 1.0), C("be", (768,), 1.0)), name="y"
        )
    ]
    b.flops = 10 * 1024 * 768
    b.atol = 1e-3


for _nm, _ax in (("all", [0, 1, 2]), ("inner", [2]), ("outer", [0]), ("middle", [1])):

    def _r(b, ax=_ax):
        b.fetches = [tf1.reduce_sum(b.ph("x", W("x", (64, 256, 256), 1.0)), ax, name="y")]
        b.flops = 4 << 20
        b.rtol = 2e-3
        b.atol = 0.05

    wl(f"reduce_sum_{_nm}_4M", "kernel")(_r)


@wl("transpose_2d_2048", "kernel")
def _(b):
    b.fetches = [tf1.transpose(b.ph("x", W("x", (2048, 2048), 1.0)), [1, 0], name="y")]


@wl("transpose_0213", "kernel")
def _(b):
    b.fetches = [tf1.transpose(b.ph("x", W("x", (8, 128, 12, 64), 1.0)), [0, 2, 1, 3], name="y")]


@wl("concat_4x1M", "kernel")
def _(b):
    b.fetches = [tf1.concat([b.ph(f"x{i}", W(f"x{i}", (1024, 256), 1.0)) for i in range(4)], 1, name="y")]


@wl("gather_100kx64_4096", "kernel")
def _(b):
    b.fetches = [tf1.gather(C("emb", (100000, 64), 1.0), b.ph("i", ints("i", (4096,), 100000)), name="y")]
    b.bytes = 4096 * 64 * 8


@wl("topk_64x10000_k10", "kernel")
def _(b):
    v, i = tf1.nn.top_k(b.ph("x", W("x", (64, 10000), 1.0)), 10, name="t")
    b.fetches = [v, i]


@wl("sort_1M", "kernel")
def _(b):
    b.fetches = [
        tf1.identity(tf1.nn.top_k(b.ph("x", W("x", (1 << 20,), 1.0)), 1 << 20, name="t")[0], name="y")
    ]


@wl("cast_f32_i32_4M", "kernel")
def _(b):
    b.fetches = [tf1.cast(b.ph("x", W("x", (4 << 20,), 100.0)), tf1.int32, name="y")]


# ---------------------------------------------------------------- models
def VAR(name, shape, scale=None, res=True, zero=False):
    return tf1.get_variable(
        name, initializer=np.zeros(shape, f32) if zero else W(name, shape, scale), use_resource=res
    )


def train_op(opt, loss):
    return (
        tf1.train.AdamOptimizer(1e-3) if opt == "adam" else tf1.train.GradientDescentOptimizer(0.01)
    ).minimize(loss, name="train")


def finish_train(b, loss, opt):
    t = train_op(opt, loss)
    b.init = [tf1.global_variables_initializer()]
    b.fetches = [loss]
    b.targets = [t]
    b.bytes = sum(int(np.prod(v.shape)) * 4 for v in tf1.trainable_variables()) * (7 if opt == "adam" else 3)


def _mlp(b, opt, res):
    x = b.ph("x", np.abs(W("x", (64, 784), 0.3)))
    y = b.ph("y", ints("y", (64,), 10))
    h1 = tf1.nn.relu(tf1.matmul(x, VAR("w1", (784, 512), res=res)) + VAR("b1", (512,), zero=True, res=res))
    h2 = tf1.nn.relu(tf1.matmul(h1, VAR("w2", (512, 256), res=res)) + VAR("b2", (256,), zero=True, res=res))
    lo = tf1.matmul(h2, VAR("w3", (256, 10), res=res)) + VAR("b3", (10,), zero=True, res=res)
    loss = tf1.reduce_mean(tf1.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=lo), name="loss")
    b.flops = 6 * 64 * (784 * 512 + 512 * 256 + 2560) - 2 * 64 * 784 * 512
    finish_train(b, loss, opt)


wl("mlp_train_adam", "model", stateful=True, hand="mlp_adam")(lambda b: _mlp(b, "adam", True))
wl("mlp_train_adam_ref", "model", stateful=True, hand="mlp_adam")(lambda b: _mlp(b, "adam", False))
wl("mlp_train_sgd", "model", stateful=True, hand="mlp_sgd")(lambda b: _mlp(b, "sgd", True))


@wl("lenet_train_adam", "model", stateful=True, hand="lenet_adam")
def _(b):
    x = b.ph("x", np.abs(W("x", (64, 28, 28, 1), 0.3)))
    y = b.ph("y", ints("y", (64,), 10))
    h = tf1.nn.relu(
        tf1.nn.bias_add(
            tf1.nn.conv2d(x, VAR("c1", (5, 5, 1, 32)), [1, 1, 1, 1], "SAME"), VAR("cb1", (32,), zero=True)
        )
    )
    h = tf1.nn.max_pool(h, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    h = tf1.nn.relu(
        tf1.nn.bias_add(
            tf1.nn.conv2d(h, VAR("c2", (5, 5, 32, 64)), [1, 1, 1, 1], "SAME"), VAR("cb2", (64,), zero=True)
        )
    )
    h = tf1.nn.max_pool(h, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    h = tf1.reshape(h, [64, 3136])
    h = tf1.nn.relu(tf1.matmul(h, VAR("w1", (3136, 512))) + VAR("b1", (512,), zero=True))
    lo = tf1.matmul(h, VAR("w2", (512, 10))) + VAR("b2", (10,), zero=True)
    loss = tf1.reduce_mean(tf1.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=lo), name="loss")
    b.flops = 64 * (2 * 2 * 784 * 25 * 32 + 6 * 196 * 25 * 32 * 64 + 6 * 3136 * 512 + 6 * 5120)
    finish_train(b, loss, "adam")


def _lstm(x_tbd, kernel, bias, T, Bt, H):
    ta = tf1.TensorArray(tf1.float32, T, element_shape=x_tbd.shape[1:]).unstack(x_tbd)
    oa = tf1.TensorArray(tf1.float32, T, element_shape=[Bt, H])

    def body(t, c, h, oa):
        i, j, f, o = tf1.split(
            tf1.nn.bias_add(tf1.matmul(tf1.concat([ta.read(t), h], 1), kernel), bias), 4, 1
        )
        c = tf1.add(tf1.multiply(c, tf1.sigmoid(f + f32(1.0))), tf1.multiply(tf1.sigmoid(i), tf1.tanh(j)))
        h = tf1.multiply(tf1.tanh(c), tf1.sigmoid(o))
        return t + 1, c, h, oa.write(t, h)

    _, c, h, oa = tf1.while_loop(
        lambda t, *_: t < T,
        body,
        [tf1.constant(0), tf1.zeros([Bt, H]), tf1.zeros([Bt, H]), oa],
        parallel_iterations=32,
    )
    return oa.stack(), h


@wl("lstm_infer_b1", "model", hand="lstm_infer")
def _(b):
    T, Bt, D, H = 64, 1, 128, 128
    x = b.ph("x", W("x", (T, Bt, D), 1.0))
    o, h = _lstm(x, C("kernel", (D + H, 4 * H), 0.08), C("bias", (4 * H,), 0.1), T, Bt, H)
    b.fetches = [tf1.identity(o, name="o"), tf1.identity(h, name="h")]
    b.flops = T * Bt * 2 * (D + H) * 4 * H
    b.dyn_ops = T * 20


@wl("lstm_train_b32", "model", stateful=True, hand="lstm_train")
def _(b):
    T, Bt, D, H = 32, 32, 64, 128
    x = b.ph("x", W("x", (T, Bt, D), 1.0))
    y = b.ph("y", ints("y", (Bt,), 10))
    _, h = _lstm(x, VAR("kernel", (D + H, 4 * H), 0.08), VAR("bias", (4 * H,), zero=True), T, Bt, H)
    lo = tf1.matmul(h, VAR("w", (H, 10))) + VAR("b", (10,), zero=True)
    loss = tf1.reduce_mean(tf1.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=lo), name="loss")
    b.flops = 3 * T * Bt * 2 * (D + H) * 4 * H
    b.dyn_ops = T * 60
    finish_train(b, loss, "sgd")


class Net:
    def __init__(s, b):
        s.b, s.n = b, 0

    def conv_bn(s, x, co, k, st, act="relu", depthwise=False, pad=None, gamma=1.0):
        s.n += 1
        nm = f"l{s.n}"
        ci = int(x.shape[-1])
        if pad:
            x = tf1.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]])
        p = "VALID" if pad else "SAME"
        if depthwise:
            y = tf1.nn.depthwise_conv2d(
                x, C(nm + "_dw", (k, k, ci, 1), (2.0 / (k * k)) ** 0.5), [1, st, st, 1], p
            )
            co = ci
            s.b.flops += 2 * int(np.prod(y.shape)) * k * k
        else:
            y = tf1.nn.conv2d(x, C(nm + "_w", (k, k, ci, co)), [1, st, st, 1], p)
            s.b.flops += 2 * int(np.prod(y.shape)) * k * k * ci
        c = lambda t, v: tf1.constant(v, name=nm + t)
        y, _, _ = tf1.nn.fused_batch_norm(
            y,
            c("_g", (gamma * (1 + W(nm + "g", (co,), 0.1))).astype(f32)),
            c("_b", W(nm + "b", (co,), 0.1)),
            mean=c("_m", W(nm + "m", (co,), 0.1)),
            variance=c("_v", 1 + np.abs(W(nm + "v", (co,), 0.1))),
            epsilon=1e-3,
            is_training=False,
        )[:3]
        return {"relu": tf1.nn.relu, "relu6": tf1.nn.relu6, None: lambda v: v}[act](y)


def _resnet50(b, n):
    x = b.ph("x", W("x", (n, 224, 224, 3), 1.0))
    k = Net(b)
    h = k.conv_bn(x, 64, 7, 2, pad=3)
    h = tf1.nn.max_pool(tf1.pad(h, [[0, 0], [1, 1], [1, 1], [0, 0]]), [1, 3, 3, 1], [1, 2, 2, 1], "VALID")
    for st, (c, reps) in enumerate([(64, 3), (128, 4), (256, 6), (512, 3)]):
        for r in range(reps):
            s = 2 if (r == 0 and st > 0) else 1
            sc = k.conv_bn(h, 4 * c, 1, s, None, gamma=0.7) if r == 0 else h
            y = k.conv_bn(h, c, 1, s)
            y = k.conv_bn(y, c, 3, 1)
            y = k.conv_bn(y, 4 * c, 1, 1, None, gamma=0.4)
            h = tf1.nn.relu(tf1.add(y, sc))
    h = tf1.reduce_mean(h, [1, 2])
    h = tf1.matmul(h, C("fc", (2048, 1000), 0.02)) + C("fcb", (1000,), 0.01)
    b.flops += 2 * n * 2048 * 1000
    b.fetches = [tf1.nn.softmax(h, name="prob")]
    b.atol = 1e-4
    b.rtol = 1e-2


wl("resnet50_b1", "model")(lambda b: _resnet50(b, 1))
wl("resnet50_b8", "model")(lambda b: _resnet50(b, 8))


@wl("mobilenetv2_b1", "model")
def _(b):
    x = b.ph("x", W("x", (1, 224, 224, 3), 1.0))
    k = Net(b)
    h = k.conv_bn(x, 32, 3, 2, "relu6")
    for t, c, n, s in [
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ]:
        for i in range(n):
            st = s if i == 0 else 1
            ci = int(h.shape[-1])
            y = h
            if t != 1:
                y = k.conv_bn(y, ci * t, 1, 1, "relu6")
            y = k.conv_bn(y, 0, 3, st, "relu6", depthwise=True)
            y = k.conv_bn(y, c, 1, 1, None, gamma=0.5)
            h = tf1.add(h, y) if (st == 1 and ci == c) else y
    h = k.conv_bn(h, 1280, 1, 1, "relu6")
    h = tf1.reduce_mean(h, [1, 2])
    h = tf1.matmul(h, C("fc", (1280, 1000), 0.02)) + C("fcb", (1000,), 0.01)
    b.flops += 2 * 1280 * 1000
    b.fetches = [tf1.nn.softmax(h, name="prob")]
    b.atol = 1e-4
    b.rtol = 1e-2


def _bert(b, L, S, H, A, V=4096, bs=1):
    ids = b.ph("ids", ints("ids", (bs, S), V))
    mask = b.ph("mask", np.ones((bs, S), f32))
    d = H // A
    M = bs * S
    h = tf1.gather(C("emb", (V, H), 0.02), tf1.reshape(ids, [-1])) + tf1.reshape(
        tf1.tile(tf1.constant(W("pos", (1, S, H), 0.02)), [bs, 1, 1]), [M, H]
    )
    h = lnorm(h, C("eg", (H,), 0.1) + f32(1), C("eb", (H,), 0.1))
    adder = tf1.multiply(tf1.subtract(f32(1.0), tf1.reshape(mask, [bs, 1, 1, S])), f32(-10000.0))

    def dense(x, nm, o):
        i = int(x.shape[-1])
        b.flops += 2 * M * i * o
        return tf1.nn.bias_add(tf1.matmul(x, C(nm + "_k", (i, o), 0.02)), C(nm + "_b", (o,), 0.02))

    for l in range(L):
        n = f"layer{l}_"
        sp = lambda t: tf1.transpose(tf1.reshape(t, [bs, S, A, d]), [0, 2, 1, 3])
        q, k, v = (sp(dense(h, n + c, H)) for c in "qkv")
        s = tf1.multiply(tf1.matmul(q, k, transpose_b=True), f32(d**-0.5)) + adder
        b.flops += 4 * bs * A * S * S * d
        c = tf1.reshape(tf1.transpose(tf1.matmul(tf1.nn.softmax(s), v), [0, 2, 1, 3]), [M, H])
        h = lnorm(h + dense(c, n + "o", H), C(n + "g1", (H,), 0.1) + f32(1), C(n + "b1", (H,), 0.1))
        h = lnorm(
            h + dense(gelu8(dense(h, n + "i", 4 * H)), n + "f", H),
            C(n + "g2", (H,), 0.1) + f32(1),
            C(n + "b2", (H,), 0.1),
        )
    b.fetches = [tf1.identity(h, name="out")]
    b.atol = 5e-3
    b.rtol = 5e-3


wl("bert_base_s128_b1", "model")(lambda b: _bert(b, 12, 128, 768, 12))
wl("bert_tiny_s32_b1", "model")(lambda b: _bert(b, 2, 32, 128, 2, V=1000))


@wl("wide_deep_b64", "model")
def _(b):
    cat = b.ph("cat", ints("cat", (64, 26), 10000))
    den = b.ph("dense", W("dense", (64, 13), 1.0))
    cols = tf1.unstack(cat, axis=1)
    e = [tf1.gather(C(f"e{i}", (10000, 16), 0.1), cols[i]) for i in range(26)]
    w = [tf1.gather(C(f"w{i}", (10000, 1), 0.1), cols[i]) for i in range(26)]
    h = tf1.concat(e + [den], 1)
    i = 26 * 16 + 13
    for j, o in enumerate((256, 128, 64)):
        h = tf1.nn.relu(tf1.nn.bias_add(tf1.matmul(h, C(f"d{j}", (i, o))), C(f"db{j}", (o,), 0.1)))
        b.flops += 2 * 64 * i * o
        i = o
    b.fetches = [tf1.sigmoid(tf1.add_n(w) + tf1.matmul(h, C("do", (64, 1))), name="p")]
    b.bytes = 4 * (429 * 256 + 256 * 128 + 128 * 64) + 64 * 26 * 17 * 4 * 2


@wl("mlp_infer_b1", "model")
def _(b):
    h = b.ph("x", W("x", (1, 784), 0.3))
    i = 784
    for j, o in enumerate((128, 64, 10)):
        h = tf1.nn.bias_add(tf1.matmul(h, C(f"d{j}", (i, o))), C(f"db{j}", (o,), 0.1))
        b.flops += 2 * i * o
        i = o
        if j < 2:
            h = tf1.nn.relu(h)
    b.fetches = [tf1.nn.softmax(h, name="p")]


# ---------------------------------------------------------------- driver
def build(name, out):
    g = tf1.Graph()
    with g.as_default():
        tf1.set_random_seed(1)
        b = B()
        REG[name]["fn"](b)
    d = os.path.join(out, name)
    os.makedirs(d, exist_ok=True)
    gd = g.as_graph_def()
    with open(os.path.join(d, name + ".pb"), "wb") as f:
        f.write(gd.SerializeToString())
    with tf1.Session(graph=g) as s:
        if b.init:
            s.run(b.init)
        r = s.run({"f": b.fetches, "t": b.targets}, b.feeds)["f"]

    def dt(a):
        return "bfloat16" if a.dtype.name == "bfloat16" else a.dtype.name

    def save(fn, a):
        np.save(os.path.join(d, fn), a.view(np.uint16) if dt(a) == "bfloat16" else a)

    m = dict(
        name=name,
        group=REG[name]["group"],
        graph=name + ".pb",
        stateful=bool(REG[name].get("stateful")),
        hand=REG[name].get("hand"),
        feeds=[],
        fetches=[],
        targets=[t.name for t in b.targets],
        init=[t.name for t in b.init],
        flops=int(b.flops),
        bf16_flops=int(b.bf16_flops),
        dyn_ops=int(b.dyn_ops),
        rtol=b.rtol,
        atol=b.atol,
        note=b.note,
        nodes=len(gd.node),
    )
    tot = 0
    for i, (k, a) in enumerate(b.feeds.items()):
        fn = f"feed_{i}.npy"
        save(fn, a)
        tot += a.nbytes
        m["feeds"].append(dict(name=k, file=fn, dtype=dt(a), shape=list(a.shape)))
    for i, (t, a) in enumerate(zip(b.fetches, r)):
        a = np.asarray(a)
        fn = f"expect_{i}.npy"
        save(fn, a)
        tot += a.nbytes
        m["fetches"].append(dict(name=t.name, file=fn, dtype=dt(a), shape=list(a.shape)))
    if not m["stateful"] and not any(n.op in ("Enter", "StatelessWhile", "While", "Switch") for n in gd.node):
        export(gd, d)
    cb = sum(len(n.attr["value"].tensor.tensor_content) for n in gd.node if n.op == "Const")
    m["const_bytes"] = cb
    m["bytes"] = int(b.bytes if b.bytes is not None else tot + cb)
    json.dump(m, open(os.path.join(d, "manifest.json"), "w"), indent=1)
    with open(os.path.join(d, "manifest.txt"), "w") as f:
        f.write(f"graph {m['graph']}\n")
        for k in ("feed", "fetch"):
            for e in m[k + ("s" if k == "feed" else "es")]:
                f.write(
                    f"{k} {e['name']} {e['file']} {e['dtype']} {len(e['shape'])} {' '.join(map(str, e['shape']))}\n"
                )
        for t in m["targets"]:
            f.write(f"target {t}\n")
        for t in m["init"]:
            f.write(f"init {t}\n")
        f.write(f"tol {m['rtol']} {m['atol']}\nstateful {int(m['stateful'])}\n")
    return m


def export(gd, d):
    """nodes.json + consts.npz: the graph for engines without a GraphDef reader (torch, jax)."""
    from tensorflow.python.framework import tensor_util

    cs, order, seen, by = {}, [], set(), {n.name: n for n in gd.node}

    def visit(nm):
        st = [(nm, False)]
        while st:
            x, done = st.pop()
            if done:
                order.append(x)
                continue
            if x in seen:
                continue
            seen.add(x)
            st.append((x, True))
            st += [(i.lstrip("^").split(":")[0], False) for i in by[x].input]

    for n in gd.node:
        visit(n.name)
    out = []
    for x in order:
        n = by[x]
        at = {}
        if n.op == "Const":
            cs[x] = tensor_util.MakeNdarray(n.attr["value"].tensor)
        for k, v in n.attr.items():
            w = v.WhichOneof("value")
            if w in ("i", "f", "b"):
                at[k] = getattr(v, w)
            elif w == "s":
                at[k] = v.s.decode()
            elif w == "type":
                at[k] = int(v.type)
            elif w == "list":
                at[k] = list(v.list.i)
        out.append(dict(name=x, op=n.op, inputs=list(n.input), attrs=at))
    json.dump(out, open(os.path.join(d, "nodes.json"), "w"))
    np.savez(os.path.join(d, "consts.npz"), **{k.replace("/", "|"): v for k, v in cs.items()})


def load(d):
    """Manifest, feeds and expected outputs of a workload folder (bf16 as uint16 views)."""
    m = json.load(open(os.path.join(d, "manifest.json")))
    return (
        m,
        {f["name"]: np.load(os.path.join(d, f["file"])) for f in m["feeds"]},
        [np.load(os.path.join(d, f["file"])) for f in m["fetches"]],
    )


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--out")
    p.add_argument("--only", default=".")
    p.add_argument("--list", action="store_true")
    a = p.parse_args()
    names = [n for n in REG if re.search(a.only, n)]
    if a.list:
        print("\n".join(names))
        sys.exit()
    import tensorflow as tf

    tf1 = tf.compat.v1
    tf1.disable_v2_behavior()
    for n in names:
        try:
            m = build(n, a.out)
            print(
                f"{n}: nodes={m['nodes']} flops={m['flops'] + m['bf16_flops']:.3g} bytes={m['bytes']:.3g} fetch={[f['shape'] for f in m['fetches']]}",
                flush=True,
            )
        except Exception as e:
            print(n, "FAILED", repr(e)[:600], flush=True)
