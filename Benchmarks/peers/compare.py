#!/usr/bin/env python3
"""Interleaves engines (A B C A B C ...) on workload folders and prints medians, ratios and the distance to the floor.

  python compare.py --wl DIR [--only RE] [--engines ours,tf_c,tfpy,ort,torch,jax] [--intra 1,2] [--rounds 3] [--time 0.3] [--results FILE.jsonl] [--limits limits.json]
  python compare.py --table FILE.jsonl --wl DIR --limits limits.json      (only prints)

Environment (see README.md): BENCH_BIN (folder of tf_c_bench, tf_cc_bench), PY_TF, PY_TORCH, PY_JAX (python commands),
OURS: command template of our engine, by default
  .build/release/weirloom bench --graph {pb} --feeds {dir} --intra {intra} --time {time} --json --serve
Fields: {pb} {dir} {fetch} {targets} {init} {intra} {inter} {iters} {time}.  With --serve in the template the process
is kept and driven by lines "go" / "q"; without it one process is run per round.
"""

import argparse, collections, json, os, re, shlex, statistics as st, subprocess, sys

H = os.path.dirname(os.path.abspath(__file__))
E = os.environ.get
OURS = E("OURS") or (
    os.path.join(H, "..", "..", ".build", "release", "weirloom")
    + " bench --graph {pb} --feeds {dir} --intra {intra} --time {time} --json --serve"
)


def manifest(d):
    return json.load(open(os.path.join(d, "manifest.json")))


class Proc:
    """One engine; python peers live for the whole sweep, native ones for one workload."""

    def __init__(s, eng, intra, secs):
        s.eng, s.intra, s.secs, s.p = eng, intra, secs, None
        s.persist = eng not in ("ours", "tf_c", "tf_cc", "tf_cc_inline")
        s.dead = False

    def cmd(s, d):
        if s.persist:
            py = E(
                {"jax": "PY_JAX", "torch": "PY_TORCH", "torchc": "PY_TORCH"}.get(s.eng, "PY_TF"), "python3"
            )
            return shlex.split(py) + [
                os.path.join(H, "peers.py"),
                "--engine",
                s.eng,
                "--intra",
                str(s.intra),
                "--inter",
                str(s.intra),
                "--time",
                str(s.secs),
                "--serve",
            ]
        if s.eng == "ours":
            m = manifest(d)
            j = lambda k: ",".join(x["name"] if isinstance(x, dict) else x for x in m[k])
            return shlex.split(
                OURS.format(
                    pb=os.path.join(d, m["graph"]),
                    dir=d,
                    fetch=j("fetches"),
                    targets=j("targets"),
                    init=j("init"),
                    intra=s.intra,
                    inter=s.intra,
                    iters=0,
                    time=s.secs,
                )
            )
        return [
            os.path.join(E("BENCH_BIN", "."), "tf_c_bench" if s.eng == "tf_c" else "tf_cc_bench"),
            "--dir",
            d,
            "--intra",
            str(s.intra),
            "--inter",
            str(s.intra),
            "--time",
            str(s.secs),
            "--serve",
        ]

    def start(s, d):
        env = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3")
        c = s.cmd(d)
        if s.eng == "tf_cc_inline":
            env["TF_RUN_INLINE"] = "1"
        s.serve = "--serve" in c
        s.p = subprocess.Popen(
            c, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env
        )

    def ask(s, line=None):
        try:
            if line:
                s.p.stdin.write(line + "\n")
                s.p.stdin.flush()
            while True:
                r = s.p.stdout.readline()
                if not r:
                    return None
                if r.startswith("{"):
                    return json.loads(r)
        except BrokenPipeError:
            return None

    def load(s, d):
        s.d = d
        s.dead = False
        if s.persist:
            if not s.p or s.p.poll() is not None:
                s.start(d)
            r = s.ask("load " + d)
            s.dead = r is None or "skip" in r
            return r or dict(engine=s.eng, skip="died")
        if s.eng != "ours" or "--serve" in OURS:
            s.start(d)

    def go(s):
        if s.dead:
            return None
        if s.eng == "ours" and "--serve" not in OURS:
            s.start(s.d)
            return s.ask()
        return s.ask("go")

    def unload(s):
        if not s.persist and s.p:
            s.close()

    def close(s):
        if s.p and s.p.poll() is None:
            try:
                s.p.stdin.write("q\n")
                s.p.stdin.close()
                s.p.wait(20)
            except Exception:
                s.p.kill()
        s.p = None


def floor_us(m, lim, nt):
    """max(flops / peak, bytes / bandwidth) + unavoidable small operations, from measured limits."""
    L = lambda k: lim[f"{k}_{nt}t_best"]["value"] * 1e3  # G/s -> per us
    by = m["bytes"]
    bw = L("l2_1MiB_copy") if by <= 1.5e6 * nt else L("l3_16MiB_copy") if by <= 64e6 else L("mem_copy_nt")
    if by > 1.5e6 * nt:
        bw = max(bw, L("mem_copy_nt"), L("mem_read"))
    c = m["flops"] / L("fma_f32_gflops") + m["bf16_flops"] / L("amx_bf16_gflops")
    return max(c, by / bw) + m["dyn_ops"] * lim["plan_scalar_op_ns"]["value"] / 1e3


def best(r):
    """Fastest run by wall clock; with BEST_CPU set also the least CPU time of a run at one thread (see README.md)."""
    return min(r["min_us"], r.get("cpu_us", 1e18)) if r["intra"] == 1 and E("BEST_CPU") else r["min_us"]


def num(x):
    return "-" if x is None else f"{x:.3g}" if x < 100 else f"{x:.0f}"


def table(rows, wl, lim, base):
    by = collections.defaultdict(lambda: collections.defaultdict(list))
    for r in rows:
        if r.get("median_us"):
            by[(r["workload"], r["intra"])][r["engine"]].append(r)
    engs = sorted({e for v in by.values() for e in v}, key=lambda e: (e != "ours", e != base, e))
    print(
        "Median us over rounds (best in parentheses); x = that engine / "
        + base
        + " from the best times; floor from the measured limits.\n"
    )
    print(
        "| workload | thr | floor us | "
        + " | ".join(engs)
        + f" | best peer | {base}/floor | "
        + ("ours/best | ours/floor | " if "ours" in engs else "")
        + "best/floor |"
    )
    print("|" + "---|" * (6 + len(engs) + 2 * ("ours" in engs)))
    for (w, nt), v in by.items():
        m = manifest(os.path.join(wl, w))
        fl = floor_us(m, lim, nt) if lim else None
        md = {e: st.median(r["median_us"] for r in x) for e, x in v.items()}
        mn = {e: min(best(r) for r in x) for e, x in v.items()}
        bad = {e for e, x in v.items() if any(r.get("mismatches") for r in x)}
        pe = {e: mn[e] for e in mn if e != "ours" and e not in bad}
        be = min(pe, key=pe.get) if pe else None
        c = [
            f"{num(md[e])} ({num(mn[e])})"
            + (f" x{mn[e] / mn[base]:.2f}" if base in mn and e != base else "")
            + ("!" if e in bad else "")
            if e in md
            else "-"
            for e in engs
        ]
        o = (
            [
                num(mn["ours"] / pe[be]) if "ours" in mn and be else "-",
                num(mn["ours"] / fl) if "ours" in mn and fl else "-",
            ]
            if "ours" in engs
            else []
        )
        print(
            f"| {w} | {nt} | {num(fl)} | "
            + " | ".join(c)
            + f" | {be} | {num(mn[base] / fl) if fl and base in mn else '-'} | "
            + "".join(q + " | " for q in o)
            + f"{num(pe[be] / fl) if fl and be else '-'} |"
        )
    print("\n! = outputs differ from TensorFlow's beyond the tolerance in the manifest.")


def main():
    p = argparse.ArgumentParser()
    for k, d in (
        ("wl", "wl"),
        ("only", "."),
        ("engines", "tf_c,tf_cc_inline,tfpy,tfxla,ort,torch,jax"),
        ("intra", "1"),
        ("rounds", 3),
        ("time", 0.3),
        ("results", ""),
        ("limits", ""),
        ("table", ""),
        ("base", "tf_c"),
    ):
        p.add_argument("--" + k, default=d, type=type(d))
    a = p.parse_args()
    lim = json.load(open(a.limits)) if a.limits else None
    rows = []
    if a.table:
        rows = [json.loads(l) for l in open(a.table) if re.search(a.only, json.loads(l).get("workload", ""))]
        return table(rows, a.wl, lim, a.base)
    wls = sorted(
        (
            d
            for d in os.listdir(a.wl)
            if re.search(a.only, d) and os.path.exists(os.path.join(a.wl, d, "manifest.json"))
        )
    )
    for nt in map(int, a.intra.split(",")):
        ps = [Proc(e, nt, a.time) for e in a.engines.split(",")]
        for w in wls:
            d = os.path.abspath(os.path.join(a.wl, w))
            for q in ps:
                r = q.load(d)
                if r and "skip" in r:
                    rows.append(dict(r, workload=w, intra=nt))
                    print(w, q.eng, "skip:", r["skip"][:100], file=sys.stderr, flush=True)
            for k in range(a.rounds):
                for q in ps:
                    r = q.go()
                    if r and "median_us" in r:
                        rows.append(dict(r, engine=q.eng, workload=w, intra=nt, round=k))
                    if r is None and not q.dead:
                        q.dead = True
                        rows.append(dict(engine=q.eng, workload=w, intra=nt, skip="died"))
                        print(w, q.eng, "died", file=sys.stderr)
            for q in ps:
                q.unload()
            b = {
                e: min(
                    best(r)
                    for r in rows
                    if r["engine"] == e and r["workload"] == w and r["intra"] == nt and "min_us" in r
                )
                for e in {
                    r["engine"] for r in rows if r["workload"] == w and r["intra"] == nt and "min_us" in r
                }
            }
            print(
                w,
                nt,
                {e: round(x, 1) for e, x in sorted(b.items(), key=lambda t: t[1])},
                file=sys.stderr,
                flush=True,
            )
            if a.results:
                with open(a.results, "w") as f:
                    f.writelines(json.dumps(r) + "\n" for r in rows)
        for q in ps:
            q.close()
    table(rows, a.wl, lim, a.base)


main()
