#!/usr/bin/env python3
"""One peer engine on one workload folder; same JSON line and --serve protocol as tf_c_bench.

  python peers.py --engine tfpy|tfpy_run|tfxla|ort|torch|torchc|jax --dir D [--intra N --inter N --time S --serve]

Run it with the python of the environment that has the engine:
  tfpy (make_callable), tfpy_run (session.run), tfxla (jit_compile): tensorflow
  ort: tensorflow + tf2onnx + onnx + onnxruntime (converts once, caches D/model.onnx)
  torch (eager), torchc (torch.compile/inductor), jax (jit): only numpy besides, they read nodes.json
"""

import argparse, json, os, resource, sys, time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from workloads import load, W

p = argparse.ArgumentParser()
for k, d in (("engine", "tfpy"), ("dir", None), ("intra", 2), ("inter", 2), ("time", 1.0), ("iters", 0)):
    p.add_argument("--" + k, default=d, type=type(d) if d is not None else str)
p.add_argument("--serve", action="store_true")
p.add_argument("--json", action="store_true")
A = p.parse_args()
M = FEEDS = EXP = None
if A.engine in ("torch", "torchc", "jax"):
    os.environ["OMP_NUM_THREADS"] = str(A.intra)


class Skip(Exception):
    pass


def bf(a, m):
    import ml_dtypes

    return a.view(ml_dtypes.bfloat16) if m["dtype"] == "bfloat16" else a


# ---- TensorFlow
def tf_graph():
    import tensorflow as tf

    g = tf.compat.v1.GraphDef()
    g.ParseFromString(open(os.path.join(A.dir, M["graph"]), "rb").read())
    return tf, g


def tfpy(run=False):
    tf, gd = tf_graph()
    tf1 = tf.compat.v1
    tf1.disable_v2_behavior()
    g = tf1.Graph()
    with g.as_default():
        tf.import_graph_def(gd, name="")
    s = tf1.Session(
        graph=g,
        config=tf1.ConfigProto(intra_op_parallelism_threads=A.intra, inter_op_parallelism_threads=A.inter),
    )
    for t in M["init"]:
        s.run(t)
    fs = [bf(FEEDS[f["name"]], f) for f in M["feeds"]]
    fet = {"f": [x["name"] for x in M["fetches"]], "t": [g.get_operation_by_name(t) for t in M["targets"]]}
    if run:
        fd = {f["name"]: a for f, a in zip(M["feeds"], fs)}
        return lambda: s.run(fet, fd)["f"]
    c = s.make_callable([x["name"] for x in M["fetches"]] + fet["t"], [f["name"] for f in M["feeds"]])
    n = len(M["fetches"])
    return lambda: c(*fs)[:n]


def tfxla():
    if M["stateful"]:
        raise Skip("stateful")
    tf, gd = tf_graph()
    tf.config.threading.set_intra_op_parallelism_threads(A.intra)
    tf.config.threading.set_inter_op_parallelism_threads(A.inter)
    w = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(gd, name=""), [])
    pr = w.prune([f["name"] for f in M["feeds"]], [f["name"] for f in M["fetches"]])
    fn = tf.function(lambda *a: pr(*a), jit_compile=True, autograph=False)
    fs = [tf.constant(bf(FEEDS[f["name"]], f)) for f in M["feeds"]]
    conc = fn.get_concrete_function(*[tf.TensorSpec(x.shape, x.dtype) for x in fs])
    return lambda: [x.numpy() for x in conc(*fs)]


# ---- ONNX Runtime
def ort():
    if M["stateful"]:
        raise Skip("stateful")
    if any(f["dtype"] == "bfloat16" for f in M["feeds"]):
        raise Skip("bf16 feeds")
    path = os.path.join(A.dir, "model.onnx")
    if not os.path.exists(path):
        import subprocess

        r = subprocess.run(
            [
                sys.executable,
                "-m",
                "tf2onnx.convert",
                "--graphdef",
                os.path.join(A.dir, M["graph"]),
                "--output",
                path,
                "--opset",
                "17",
                "--inputs",
                ",".join(f["name"] for f in M["feeds"]),
                "--outputs",
                ",".join(f["name"] for f in M["fetches"]),
            ],
            capture_output=True,
            text=True,
        )
        if not os.path.exists(path):
            raise Skip("tf2onnx: " + (r.stderr.strip().splitlines() or ["?"])[-1][:200])
    import onnxruntime as o

    so = o.SessionOptions()
    so.intra_op_num_threads = A.intra
    so.inter_op_num_threads = 1
    so.log_severity_level = 3
    s = o.InferenceSession(path, so, providers=["CPUExecutionProvider"])
    have = {i.name for i in s.get_inputs()}
    fd = {f["name"]: FEEDS[f["name"]] for f in M["feeds"] if f["name"] in have}
    outs = [f["name"] for f in M["fetches"]]
    if os.environ.get("ORT_IOBIND"):
        io = s.io_binding()
        for k, v in fd.items():
            io.bind_ortvalue_input(k, o.OrtValue.ortvalue_from_numpy(v))
        for k in outs:
            io.bind_output(k)

        def f():
            s.run_with_iobinding(io)
            return io.copy_outputs_to_cpu()

        return f
    return lambda: s.run(outs, fd)


# ---- torch / jax straight-line code from nodes.json
def nodes():
    fn = os.path.join(A.dir, "nodes.json")
    if not os.path.exists(fn):
        raise Skip("no nodes.json (control flow or state)")
    z = np.load(os.path.join(A.dir, "consts.npz"))
    return json.load(open(fn)), {k.replace("|", "/"): z[k] for k in z.files}


def gen(back):
    """Python source of f(*feeds) with one backend call per node."""
    N, consts = nodes()
    var, lines = {}, []
    K = []
    ref = lambda i: var[i if ":" in i else i]

    def const(i):
        return consts[N_by[i.split(":")[0]]["name"]]

    N_by = {n["name"]: n for n in N}
    fe = {f["name"].split(":")[0]: f"x{j}" for j, f in enumerate(M["feeds"])}
    t = back == "torch"
    cnt = 0
    wused = set()
    for n in N:
        if n["op"] in ("Conv2D", "DepthwiseConv2dNative"):
            wused.add(n["inputs"][1])
    for n in N:
        op, a, nm = n["op"], n["attrs"], n["name"]
        ins = [i for i in n["inputs"] if not i.startswith("^")]
        if op == "Placeholder":
            var[nm] = fe[nm]
            continue
        if op == "Const":
            c = consts[nm]
            var[nm] = f"K[{len(K)}]"
            if nm in wused:
                c = None  # stored by its conv in the layout the engine likes
            K.append(c)
            continue
        if op in ("Identity", "StopGradient"):
            var[nm] = ref(ins[0])
            continue
        v = f"v{cnt}"
        cnt += 1
        x = [
            var[i] if i in var else var[i.split(":")[0] + ("" if i.endswith(":0") else ":" + i.split(":")[1])]
            for i in ins
        ]
        ax = lambda k: [int(q) for q in np.atleast_1d(const(ins[k]))]
        if op in ("AddV2", "Add"):
            e = f"{x[0]} + {x[1]}"
        elif op == "Mul":
            e = f"{x[0]} * {x[1]}"
        elif op == "Sub":
            e = f"{x[0]} - {x[1]}"
        elif op == "RealDiv":
            e = f"{x[0]} / {x[1]}"
        elif op == "AddN":
            e = (
                "torch.stack([" + ",".join(x) + "]).sum(0)"
                if t and len(x) > 50
                else " + ".join(x)
                if len(x) <= 50
                else "jnp.sum(jnp.stack([" + ",".join(x) + "]),0)"
            )
        elif op in ("Tanh", "Sqrt", "Square", "Rsqrt", "Sigmoid", "Exp", "Erf"):
            f = op.lower()
            e = (
                f"torch.{f}({x[0]})"
                if t
                else {"rsqrt": "jax.lax.rsqrt", "sigmoid": "jax.nn.sigmoid", "erf": "jax.lax.erf"}.get(
                    f, "jnp." + f
                )
                + f"({x[0]})"
            )
        elif op == "SquaredDifference":
            e = f"torch.square({x[0]} - {x[1]})" if t else f"jnp.square({x[0]} - {x[1]})"
        elif op == "Relu":
            e = f"torch.relu({x[0]})" if t else f"jnp.maximum({x[0]}, 0)"
        elif op == "Relu6":
            e = f"F.relu6({x[0]})" if t else f"jnp.clip({x[0]}, 0, 6)"
        elif op == "MatMul":
            q = [x[k] + (".T" if a.get("transpose_" + "ab"[k]) else "") for k in (0, 1)]
            e = f"{q[0]} @ {q[1]}"
        elif op == "BatchMatMulV2":
            tr = (lambda s: s + ".transpose(-1,-2)") if t else (lambda s: f"jnp.swapaxes({s},-1,-2)")
            q = [tr(x[k]) if a.get("adj_" + "xy"[k]) else x[k] for k in (0, 1)]
            e = f"{q[0]} @ {q[1]}"
        elif op == "BiasAdd":
            e = f"{x[0]} + {x[1]}"
        elif op == "Softmax":
            e = f"torch.softmax({x[0]}, -1)" if t else f"jax.nn.softmax({x[0]}, -1)"
        elif op in ("Mean", "Sum"):
            kd = bool(a.get("keep_dims"))
            e = (
                f"torch.{op.lower()}({x[0]}, {ax(1)}, keepdim={kd})"
                if t
                else f"jnp.{op.lower()}({x[0]}, axis={tuple(ax(1))}, keepdims={kd})"
            )
        elif op == "Reshape":
            e = f"{x[0]}.reshape({ax(1)})"
        elif op == "Transpose":
            e = f"{x[0]}.permute({ax(1)}).contiguous()" if t else f"jnp.transpose({x[0]}, {ax(1)})"
        elif op == "Tile":
            e = f"{x[0]}.repeat({ax(1)})" if t else f"jnp.tile({x[0]}, {ax(1)})"
        elif op == "GatherV2":
            e = f"F.embedding({x[1]}, {x[0]})" if t else f"{x[0]}[{x[1]}]"
        elif op == "ConcatV2":
            e = (
                f"torch.cat([{','.join(x[:-1])}], {ax(len(x) - 1)[0]})"
                if t
                else f"jnp.concatenate([{','.join(x[:-1])}], {ax(len(x) - 1)[0]})"
            )
        elif op == "Cast":
            e = f"{x[0]}.to(torch.int32)" if t else f"{x[0]}.astype(jnp.int32)"
        elif op == "Pad":
            pd = const(ins[1])
            e = (
                f"F.pad({x[0]}, {[int(q) for r in pd[::-1] for q in r]})"
                if t
                else f"jnp.pad({x[0]}, {pd.tolist()})"
            )
        elif op == "TopKV2":
            k = int(const(ins[1]))
            lines.append(
                f"  {v}a, {v}b = torch.topk({x[0]}, {k})"
                if t
                else f"  {v}a, {v}b = jax.lax.top_k({x[0]}, {k})"
            )
            var[nm] = v + "a"
            var[nm + ":1"] = v + "b"
            continue
        elif op == "Unpack":
            d = int(a["axis"])
            lines.append(
                f"  {v} = torch.unbind({x[0]}, {d})"
                if t
                else f"  {v} = [jnp.take({x[0]}, i, axis={d}) for i in range({a['num']})]"
            )
            for j in range(a["num"]):
                var[nm + (f":{j}" if j else "")] = f"{v}[{j}]"
            continue
        elif op in ("Conv2D", "DepthwiseConv2dNative"):
            w = const(ins[1])
            ki = int(var[ins[1]][2:-1])
            s = a["strides"][1]
            dw = op != "Conv2D"
            kh = w.shape[0]
            if t:
                import torch

                wt = torch.from_numpy(
                    np.ascontiguousarray(
                        w.transpose(2, 3, 0, 1).reshape(w.shape[2], 1, kh, kh)
                        if dw
                        else w.transpose(3, 2, 0, 1)
                    )
                )
                K[ki] = wt.contiguous(memory_format=torch.channels_last)
                gsz = w.shape[2] if dw else 1
                px = f"{x[0]}.permute(0,3,1,2)"
                lines.append(f"  {v}p = {px}")
                if a["padding"] == "SAME":
                    if s == 1 or kh == 1:
                        pad = (kh - 1) // 2
                    else:
                        pad = 0
                        lines.append(f"  {v}p = same({v}p, {kh}, {s})")
                else:
                    pad = 0
                e = f"F.conv2d({v}p, {x[1]}, None, {s}, {pad}, 1, {gsz}).permute(0,2,3,1)"
            else:
                K[ki] = w.transpose(0, 1, 3, 2).reshape(kh, kh, 1, -1) if dw else w
                e = f"jax.lax.conv_general_dilated({x[0]}, {x[1]}, ({s},{s}), '{a['padding']}', dimension_numbers=('NHWC','HWIO','NHWC'), feature_group_count={w.shape[2] if dw else 1})"
        elif op == "FusedBatchNormV3":
            g, b_, m, vv = (const(i) for i in ins[1:5])
            ep = a["epsilon"]
            if t:
                e = f"F.batch_norm({x[0]}.permute(0,3,1,2), {x[3]}, {x[4]}, {x[1]}, {x[2]}, False, 0.0, {ep}).permute(0,2,3,1)"
            else:
                e = f"({x[0]} - {x[3]}) * (jax.lax.rsqrt({x[4]} + {ep}) * {x[1]}) + {x[2]}"
        elif op == "MaxPool":
            e = (
                f"F.max_pool2d({x[0]}.permute(0,3,1,2), {a['ksize'][1]}, {a['strides'][1]}).permute(0,2,3,1)"
                if t
                else f"jax.lax.reduce_window({x[0]}, -jnp.inf, jax.lax.max, {tuple(a['ksize'])}, {tuple(a['strides'])}, '{a['padding']}')"
            )
        else:
            raise Skip("op " + op)
        lines.append(f"  {v} = {e}")
        var[nm] = v
    r = [
        var[f["name"]]
        if f["name"] in var
        else var[
            f["name"].split(":")[0] + ("" if f["name"].endswith(":0") else ":" + f["name"].split(":")[1])
        ]
        for f in M["fetches"]
    ]
    src = (
        f"def f({','.join('x%d' % i for i in range(len(M['feeds'])))}):\n"
        + "\n".join(lines)
        + f"\n  return ({','.join(r)},)\n"
    )
    return src, K


def torch_eng(comp):
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(A.intra)
    torch.manual_seed(0)
    to = lambda a, m=None: (
        torch.from_numpy(a).view(torch.bfloat16)
        if m and m["dtype"] == "bfloat16"
        else torch.from_numpy(np.array(a))
    )
    if M["hand"]:
        return hand_torch(torch, F, comp)
    if M["name"].startswith("while_"):
        n = int(FEEDS["n:0"])
        v0 = to(FEEDS["v:0"])
        k = to(FEEDS["k:0"])
        if comp:
            raise Skip("data-dependent loop")

        def g():
            i, v, lim = torch.tensor(0), v0, torch.tensor(n)
            while i < lim:
                i = i + 1
                v = v * k
            return i.numpy().astype(np.int32), v.numpy()

        return torch.no_grad()(g)

    def same(x, k, s):
        h = x.shape[2]
        t = max((-(-h // s) - 1) * s + k - h, 0)
        return F.pad(x, (t // 2, t - t // 2, t // 2, t - t // 2))

    src, K = gen("torch")
    ns = dict(
        torch=torch, F=F, same=same, K=[k if k is None or isinstance(k, torch.Tensor) else to(k) for k in K]
    )
    exec(src, ns)
    f = ns["f"]
    if comp:
        import torch._inductor.config as ic

        ic.freezing = os.environ.get("TORCH_FREEZE", "0") == "1"
        f = torch.compile(f, dynamic=False)
    xs = [to(FEEDS[m["name"]], m) for m in M["feeds"]]
    num = lambda o: o.view(torch.uint16).numpy() if o.dtype == torch.bfloat16 else o.numpy()

    def g():
        with torch.inference_mode() if not comp else torch.no_grad():
            return [num(o) for o in f(*xs)]

    return g


def hand_torch(torch, F, comp):
    to = torch.from_numpy
    h = M["hand"]
    P = lambda nm, s, sc=None, zero=False: torch.nn.Parameter(torch.zeros(s) if zero else to(W(nm, s, sc)))
    x = to(FEEDS["x:0"])
    if h == "lstm_infer":
        T, Bt, D, H = 64, 1, 128, 128
        kr, bi = to(W("kernel", (D + H, 4 * H), 0.08)), to(W("bias", (4 * H,), 0.1))

        def f(x):
            c = hh = torch.zeros(Bt, H)
            o = []
            for t in range(T):
                i, j, ff, oo = (torch.cat([x[t], hh], 1) @ kr + bi).chunk(4, 1)
                c = c * torch.sigmoid(ff + 1) + torch.sigmoid(i) * torch.tanh(j)
                hh = torch.tanh(c) * torch.sigmoid(oo)
                o.append(hh)
            return torch.stack(o), hh

        if comp:  # inductor on 64 unrolled steps is slow to compile: torch's fused LSTM instead
            l = torch.nn.LSTM(D, H)
            i, j, ff, oo = np.split(W("kernel", (D + H, 4 * H), 0.08), 4, 1)
            b = np.split(W("bias", (4 * H,), 0.1), 4)
            b[2] = b[2] + 1
            k = np.concatenate([i, ff, j, oo], 1).T
            bb = np.concatenate([b[0], b[2], b[1], b[3]])
            with torch.no_grad():
                l.weight_ih_l0.copy_(to(k[:, :D].copy()))
                l.weight_hh_l0.copy_(to(k[:, D:].copy()))
                l.bias_ih_l0.copy_(to(bb))
                l.bias_hh_l0.zero_()

            def g():
                with torch.no_grad():
                    o, (hn, _) = l(x)
                    return o.numpy(), hn[0].numpy()

            return g

        def g():
            with torch.inference_mode():
                return [q.numpy() for q in f(x)]

        return g
    y = to(FEEDS["y:0"].astype(np.int64))
    if h.startswith("mlp"):
        ps = [
            P("w1", (784, 512)),
            P("b1", (512,), zero=True),
            P("w2", (512, 256)),
            P("b2", (256,), zero=True),
            P("w3", (256, 10)),
            P("b3", (10,), zero=True),
        ]

        def loss():
            a = torch.relu(torch.addmm(ps[1], x, ps[0]))
            a = torch.relu(torch.addmm(ps[3], a, ps[2]))
            return F.cross_entropy(torch.addmm(ps[5], a, ps[4]), y)
    elif h == "lenet_adam":
        cw = lambda nm, s: torch.nn.Parameter(
            to(W(nm, s).transpose(3, 2, 0, 1).copy()).contiguous(memory_format=torch.channels_last)
        )
        ps = [
            cw("c1", (5, 5, 1, 32)),
            P("a", (32,), zero=True),
            cw("c2", (5, 5, 32, 64)),
            P("a", (64,), zero=True),
            P("w1", (3136, 512)),
            P("a", (512,), zero=True),
            P("w2", (512, 10)),
            P("a", (10,), zero=True),
        ]
        xp = x.permute(0, 3, 1, 2)

        def loss():
            a = F.max_pool2d(torch.relu(F.conv2d(xp, ps[0], ps[1], 1, 2)), 2)
            a = F.max_pool2d(torch.relu(F.conv2d(a, ps[2], ps[3], 1, 2)), 2)
            a = torch.relu(torch.addmm(ps[5], a.permute(0, 2, 3, 1).reshape(64, 3136), ps[4]))
            return F.cross_entropy(torch.addmm(ps[7], a, ps[6]), y)
    else:
        T, Bt, D, H = 32, 32, 64, 128
        ps = [
            P("kernel", (D + H, 4 * H), 0.08),
            P("bias", (4 * H,), zero=True),
            P("w", (H, 10)),
            P("b", (10,), zero=True),
        ]

        def loss():
            c = hh = torch.zeros(Bt, H)
            for t in range(T):
                i, j, ff, oo = torch.addmm(ps[1], torch.cat([x[t], hh], 1), ps[0]).chunk(4, 1)
                c = c * torch.sigmoid(ff + 1) + torch.sigmoid(i) * torch.tanh(j)
                hh = torch.tanh(c) * torch.sigmoid(oo)
            return F.cross_entropy(torch.addmm(ps[3], hh, ps[2]), y)

    opt = (
        torch.optim.Adam(ps, 1e-3, fused=True)
        if h.endswith("adam")
        else torch.optim.SGD(ps, 0.01, fused=True)
    )
    if comp:
        if h == "lstm_train":
            raise Skip("unrolled loop compile")
        loss = torch.compile(loss, dynamic=False)

    def g():
        opt.zero_grad(set_to_none=True)
        l = loss()
        l.backward()
        opt.step()
        return [l.detach().numpy()]

    return g


def jax_eng():
    os.environ["XLA_FLAGS"] = (
        os.environ.get("XLA_FLAGS", "")
        + f" --xla_cpu_multi_thread_eigen={'true' if A.intra > 1 else 'false'}"
    )
    if A.intra == 1:
        os.environ["NPROC"] = "1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax, jax.numpy as jnp

    if M["hand"]:
        return hand_jax(jax, jnp)
    if M["name"].startswith("while_"):
        f = jax.jit(
            lambda n, v, k: jax.lax.while_loop(
                lambda c: c[0] < n, lambda c: (c[0] + 1, c[1] * k), (jnp.int32(0), v)
            )
        )
        xs = [jax.device_put(FEEDS[k]) for k in ("n:0", "v:0", "k:0")]
        return lambda: [np.asarray(o) for o in f(*xs)]
    if M["name"] == "cond_v1_100":

        def conds(x, t):
            for i in range(100):
                x = jax.lax.cond(t < i % 2, lambda z, t: z * t, lambda z, t: z + t, x, t)
            return x

        f = jax.jit(conds)
        xs = [jax.device_put(FEEDS[k]) for k in ("x:0", "t:0")]
        return lambda: [np.asarray(f(*xs))]
    src, K = gen("jax")
    ns = dict(jax=jax, jnp=jnp, K=[None if k is None else jnp.asarray(k) for k in K])
    exec(src, ns)
    xs = [jnp.asarray(bf(FEEDS[m["name"]], m)) for m in M["feeds"]]
    big = sum(k.nbytes for k in K if k is not None) > 1 << 20
    if big:  # weights as arguments, not as folded literals
        Ks = ns["K"]

        def f2(K, *x):
            ns["K"] = K
            return ns["f"](*x)

        jf = jax.jit(f2)
        f = lambda *x: jf(Ks, *x)
    else:
        f = jax.jit(ns["f"])
    v = lambda o: o.view(np.uint16) if o.dtype.name == "bfloat16" else o
    return lambda: [v(np.asarray(o)) for o in f(*xs)]


def hand_jax(jax, jnp):
    h = M["hand"]
    x = jnp.asarray(FEEDS["x:0"])
    Z = lambda n: jnp.zeros((n,), jnp.float32)
    Wj = lambda *a: jnp.asarray(W(*a))

    def cell(kr, bi):
        def st(c, xt):
            c, hh = c
            i, j, f, o = jnp.split(jnp.concatenate([xt, hh], 1) @ kr + bi, 4, 1)
            c = c * jax.nn.sigmoid(f + 1) + jax.nn.sigmoid(i) * jnp.tanh(j)
            hh = jnp.tanh(c) * jax.nn.sigmoid(o)
            return (c, hh), hh

        return st

    if h == "lstm_infer":
        kr, bi = Wj("kernel", (256, 512), 0.08), Wj("bias", (512,), 0.1)
        z = jnp.zeros((1, 128))

        def f(x):
            (c, hh), o = jax.lax.scan(cell(kr, bi), (z, z), x)
            return o, hh

        jf = jax.jit(f)
        return lambda: [np.asarray(o) for o in jf(x)]
    y = jnp.asarray(FEEDS["y:0"])
    ce = lambda lo: -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(lo), y[:, None], 1))
    if h.startswith("mlp"):
        ps = [Wj("w1", (784, 512)), Z(512), Wj("w2", (512, 256)), Z(256), Wj("w3", (256, 10)), Z(10)]
        loss = lambda p, x: ce(jax.nn.relu(jax.nn.relu(x @ p[0] + p[1]) @ p[2] + p[3]) @ p[4] + p[5])
    elif h == "lenet_adam":
        ps = [
            Wj("c1", (5, 5, 1, 32)),
            Z(32),
            Wj("c2", (5, 5, 32, 64)),
            Z(64),
            Wj("w1", (3136, 512)),
            Z(512),
            Wj("w2", (512, 10)),
            Z(10),
        ]

        def loss(p, x):
            cv = lambda a, w: jax.lax.conv_general_dilated(
                a, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
            )
            mp = lambda a: jax.lax.reduce_window(a, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME")
            a = mp(jax.nn.relu(cv(x, p[0]) + p[1]))
            a = mp(jax.nn.relu(cv(a, p[2]) + p[3])).reshape(64, 3136)
            return ce(jax.nn.relu(a @ p[4] + p[5]) @ p[6] + p[7])
    else:
        ps = [Wj("kernel", (192, 512), 0.08), Z(512), Wj("w", (128, 10)), Z(10)]
        z = jnp.zeros((32, 128))
        loss = lambda p, x: ce(jax.lax.scan(cell(p[0], p[1]), (z, z), x)[0][1] @ p[2] + p[3])
    if h.endswith("adam"):

        def step(s, x):
            p, m, v, t = s
            l, g = jax.value_and_grad(loss)(p, x)
            t = t + 1
            lr = 1e-3 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            m = [0.9 * a + 0.1 * b for a, b in zip(m, g)]
            v = [0.999 * a + 0.001 * b * b for a, b in zip(v, g)]
            return ([a - lr * b / (jnp.sqrt(c) + 1e-8) for a, b, c in zip(p, m, v)], m, v, t), l

        S = [(ps, [q * 0 for q in ps], [q * 0 for q in ps], jnp.float32(0))]
    else:

        def step(s, x):
            l, g = jax.value_and_grad(loss)(s, x)
            return [a - 0.01 * b for a, b in zip(s, g)], l

        S = [ps]
    jf = jax.jit(step, donate_argnums=0)

    def g():
        S[0], l = jf(S[0], x)
        return [np.asarray(l)]

    return g


ENG = dict(
    tfpy=lambda: tfpy(),
    tfpy_run=lambda: tfpy(True),
    tfxla=lambda: tfxla(),
    ort=lambda: ort(),
    torch=lambda: torch_eng(False),
    torchc=lambda: torch_eng(True),
    jax=lambda: jax_eng(),
)


def setup(d):
    """Loads a workload and runs it twice; returns (f, facts) or (None, {skip})."""
    global M, FEEDS, EXP
    A.dir = d.rstrip("/")
    M, FEEDS, EXP = load(A.dir)
    t0 = time.perf_counter()
    base = dict(engine=A.engine, workload=M["name"], intra=A.intra, inter=A.inter)
    try:
        f = ENG[A.engine]()
        load_us = (time.perf_counter() - t0) * 1e6
        t0 = time.perf_counter()
        out = f()
        cold = (time.perf_counter() - t0) * 1e6
        err = bad = 0
        for e, o, m in zip(EXP, out, M["fetches"]):
            o = np.asarray(o)
            if m["dtype"] == "bfloat16":
                e, o = ((q.view(np.uint16).astype(np.uint32) << 16).view(np.float32) for q in (e, o))
            d = np.abs(np.asarray(o, np.float64).reshape(e.shape) - e)
            err = max(err, float(d.max(initial=0)))
            bad += int((~(d <= M["atol"] + M["rtol"] * np.abs(e))).sum())
        f()
    except Exception as e:
        return None, dict(base, skip=(str(e) or repr(e))[:200])
    return f, dict(base, cold_us=cold, load_us=load_us, max_abs_err=err, mismatches=bad)


def batch(f, facts, secs):
    ts = []
    pc = time.perf_counter
    pt = time.process_time
    s = pc()
    f()
    big = pc() - s > 1e-4
    mc = 1e9
    e = pc() + secs
    c0 = pt()
    while (len(ts) < A.iters) if A.iters else (len(ts) < 3 or pc() < e):
        if big:
            c1 = pt()
        s = pc()
        f()
        ts.append(pc() - s)
        if big:
            mc = min(mc, pt() - c1)
    n = len(ts)
    cpu = mc if big else (pt() - c0) / n
    ts.sort()
    return dict(
        facts,
        iters=n,
        median_us=ts[n // 2] * 1e6,
        p90_us=ts[int(n * 0.9)] * 1e6,
        min_us=ts[0] * 1e6,
        cpu_us=cpu * 1e6,
        peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def main():
    say = lambda o: print(json.dumps(o), flush=True)
    if not A.serve:
        for d in A.dir.split(","):
            f, facts = setup(d)
            say(batch(f, facts, A.time) if f else facts)
        return
    f, facts = setup(A.dir) if A.dir else (None, {})
    for ln in sys.stdin:  # "load DIR" | "go" | "q"
        c = ln.split()
        if c[0] == "q":
            break
        if c[0] == "load":
            f = None
            if A.engine == "jax" and "jax" in sys.modules:
                sys.modules["jax"].clear_caches()
            import gc

            gc.collect()
            f, facts = setup(c[1])
            say(facts)
        else:
            say(batch(f, facts, A.time) if f else facts)


main()
