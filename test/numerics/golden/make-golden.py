"""Writes the golden values beside this file: python3 make-golden.py (NumPy, SciPy; Python's own round and hashlib).

Everything here is computed by other means than the product's: SciPy's distributions and log-sum-exp, hashlib, a Philox
written from the paper with Python's integers, and libm's float64 log, sin and cos.
"""

import hashlib
import json
import math
import random
import struct
from pathlib import Path

import numpy as np
from scipy import optimize, special, stats

HERE = Path(__file__).parent
MASK = 0xFFFFFFFF


def write(name, value):
    (HERE / name).write_text(json.dumps(value, separators=(",", ":")) + "\n")


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & MASK, (p0 >> 32) ^ c[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def part(data):
    return struct.pack("<I", len(data)) + data


def stream(domain, fields):
    data = part(domain.encode())
    for name, value in fields:
        kind, body = ("t", value.encode()) if isinstance(value, str) else ("f", struct.pack("<d", value)) if isinstance(value, float) else ("i", struct.pack("<q", value))
        data += part(name.encode()) + part(kind.encode()) + part(body)
    return list(struct.unpack("<4I", hashlib.sha256(data).digest()[:16]))


def normals(words):
    out = []
    for a, b in ((words[0], words[1]), (words[2], words[3])):
        r, angle = math.sqrt(-2 * math.log1p(-(MASK - a) / 2**32) if a >= 2**31 else -2 * math.log((a + 1) / 2**32)), 2 * math.pi * b / 2**32
        out += [r * math.cos(angle), r * math.sin(angle)]
    return out


def streams():
    rows = []
    for seed, prompt, draw, site, scale in [(42, 0, 0, "lm_head.input", None), (42, 9, 2, "layers.29.mlp.down_proj.input", None), (-1, 1318, 0, "é", 0.1), (2**53 - 1, 3, 1, "", 1.0)]:
        fields = [("seed", seed), ("prompt", prompt), ("draw", draw), ("site", site)] + ([] if scale is None else [("scale", scale)])
        key = stream("tstar-noise-v1", fields)
        blocks = [0, 1, 12345, 2**32 - 1, 2**32, 2**40 + 7]
        words = [philox([b & MASK, b >> 32, key[2], key[3]], key[:2]) for b in blocks]
        coordinates = {"seed": seed, "prompt": prompt, "draw": draw, "site": site} | ({} if scale is None else {"scale": scale})
        rows.append({"noise": coordinates, "stream": key, "blocks": [{"block": b, "words": w, "normals": normals(w)} for b, w in zip(blocks, words)]})
    samples = []
    for seed, prompt, replicate in [(42, 0, 0), (42, 7, 1), (0, 0, 0)]:
        key = stream("tstar-sample-v1", [("seed", seed), ("prompt", prompt), ("replicate", replicate)])
        uniforms = [((philox([s, 0, key[2], key[3]], key[:2])[0] >> 9) + 0.5) * 2**-23 for s in range(4)]
        samples.append({"sample": {"seed": seed, "prompt": prompt, "replicate": replicate}, "stream": key, "uniforms": uniforms})
    write("streams.json", {"noise": rows, "sample": samples})


def rounding():
    rng = random.Random(1)
    values = [0.75 * 1.5, 0.75 * 1.1, 0.65 * 0.7, 0.125, 0.375, 2.675, 1.005, 5e-324, 0.005, 0.015, 1e15 + 0.125, 2.0**52, 1e300, -0.125, -2.675, 2**51 + 0.5]
    values += [k / 200 for k in range(400)] + [k / 8 for k in range(200)] + [(k + 0.5) / 100 for k in range(200)]
    values += [rng.uniform(0, 3) for _ in range(1000)] + [rng.uniform(0, 1) * 10 ** rng.uniform(-4, 16) for _ in range(1000)]
    values += [math.nextafter(k / 200, rng.choice([0, 9])) for k in range(1, 400)]
    multiples = [0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2.0]
    bases = [k / 100 for k in range(5, 300)]
    write("rounding.json", {"rounds": [[x, round(x, 2)] for x in values], "grids": [[b, sorted({round(b * m, 2) for m in multiples})] for b in bases], "multiples": multiples})


def statistics():
    rng = np.random.default_rng(2)
    sets = [rng.normal(m, s, n) for m, s, n in [(0, 1, 2), (1e6, 1e-3, 50), (-3, 10, 7), (0, 0, 5), (1e-9, 1e-12, 1000)]]
    moments = [{"values": x.tolist(), "mean": math.fsum(x) / len(x), "std": float(np.std(x.astype(np.longdouble), ddof=1)), "population": float(np.std(x.astype(np.longdouble)))} for x in sets]
    t = [[n, float(stats.t.ppf(0.975, n - 1))] for n in [2, 3, 4, 5, 10, 11, 30, 100, 1319]]
    wilson = [[k, n, *map(float, stats.binomtest(k, n).proportion_ci(0.95, "wilson"))] for n in [1, 2, 10, 37, 1319] for k in sorted({0, 1, n // 3, n // 2, n})]
    mcnemar = [[b, c, float(stats.binomtest(min(b, c), b + c, 0.5).pvalue) if b + c else 1.0] for b in range(0, 14) for c in range(0, 14)] + [[400, 450, float(stats.binomtest(400, 850, 0.5).pvalue)]]
    intervals = []
    for prompts, draws in [(2, 3), (10, 3), (5, 1)]:
        x = rng.normal(0.3, 0.2, (prompts, draws))
        m = x.mean(1)
        se = m.std(ddof=1) / math.sqrt(prompts)
        low, high = stats.t.interval(0.95, prompts - 1, x.mean(), se)
        intervals.append({"values": [{"prompt": 7 * p, "value": float(x[p, d])} for d in range(draws) for p in range(prompts)], "mean": float(x.mean()), "se": float(se), "low": float(low), "high": float(high)})
    slopes = []
    for prompts, draws, t_base in [(3, 2, 0.8), (10, 3, 1.1)]:
        predicted = t_base * np.exp(rng.uniform(0, 0.6, (prompts, draws)))
        observed = t_base * (predicted / t_base) ** rng.normal(0.9, 0.1, (prompts, draws))
        x, y = np.log(predicted / t_base), np.log(observed / t_base)
        left = np.array([np.linalg.lstsq(np.delete(x, p, 0).reshape(-1, 1), np.delete(y, p, 0).ravel())[0][0] for p in range(prompts)])
        slope = np.linalg.lstsq(x.reshape(-1, 1), y.ravel())[0][0]
        se = math.sqrt((prompts - 1) * np.var(left))
        reach = stats.t.ppf(0.975, prompts - 1) * se
        slopes.append({"tBase": t_base, "points": [{"prompt": p, "predicted": float(predicted[p, d]), "observed": float(observed[p, d])} for p in range(prompts) for d in range(draws)], "slope": float(slope), "se": float(se), "low": float(slope - reach), "high": float(slope + reach)})
    write("statistics.json", {"moments": moments, "t": t, "wilson": wilson, "mcnemar": mcnemar, "intervals": intervals, "slopes": slopes})


def logits():
    rng = np.random.default_rng(3)
    rows = []
    for size, spread, noise, t_base in [(40, 2, 0.5, 0.8), (200, 5, 3, 1.0), (200, 0.3, 0.1, 0.65), (60, 12, 6, 0.5)]:
        clean = np.round(rng.normal(-10, spread, size), 4)
        noisy = np.round(clean + rng.normal(0, noise, size), 4)
        p = special.softmax(clean / t_base)
        log_p = clean / t_base - special.logsumexp(clean / t_base)
        kl = lambda t: float(np.sum(p * (log_p - (noisy / t - special.logsumexp(noisy / t)))))
        temperatures = [round(t_base * m, 2) for m in (0.7, 0.8, 0.9, 1, 1.2, 1.5, 2)]
        gap = lambda log_t: float(special.softmax(noisy / math.exp(log_t)) @ noisy - p @ noisy)
        low, high = math.log(0.02), math.log(50)
        best = 0.02 if gap(low) <= 0 else 50.0 if gap(high) >= 0 else math.exp(optimize.brentq(gap, low, high, xtol=1e-13))
        rows.append({"clean": clean.tolist(), "noisy": noisy.tolist(), "tBase": t_base, "temperatures": temperatures, "kl": [kl(t) for t in temperatures], "prob": [float(special.softmax(noisy / t)[clean.argmax()]) for t in temperatures], "best": best, "alpha": float(np.var(noisy - clean, ddof=1) / np.var(clean, ddof=1)), "logSumExp": float(special.logsumexp(noisy))})
    write("logits.json", rows)


streams()
rounding()
statistics()
logits()
