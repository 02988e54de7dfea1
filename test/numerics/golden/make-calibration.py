"""Writes calibration.json beside this file: python3 make-calibration.py (NumPy, SciPy).

Temperature scaling after Guo et al. 2017 by other means than the product's: SciPy's log_softmax and bounded minimizer, NumPy's
bins. The jackknife of log T is there twice: with one Newton step from the fit for each prompt left out, as the product takes it, and
with a whole fit.
"""

import json
import math
from pathlib import Path

import numpy as np
from scipy import optimize, special, stats

HERE = Path(__file__).parent
BINS = 15


def nll(logits, targets, temperature):
    return -special.log_softmax(logits / temperature, axis=1)[np.arange(len(targets)), targets]


def gap(logits, targets, log_t):
    """d sum NLL / d beta."""
    p = special.softmax(logits / math.exp(log_t), axis=1)
    return float(np.sum(np.sum(p * logits, axis=1) - logits[np.arange(len(targets)), targets]))


def fit(logits, targets):
    return math.exp(optimize.brentq(lambda u: gap(logits, targets, u), math.log(0.02), math.log(50), xtol=1e-14, rtol=1e-14))


def measures(logits, targets, temperature):
    p = special.softmax(logits / temperature, axis=1)
    confidence, correct = p.max(1), (p.argmax(1) == targets)
    one_hot = np.eye(p.shape[1])[targets]
    edges = np.arange(BINS + 1) / BINS
    inside = [(confidence > low) & (confidence <= high) for low, high in zip(edges[:-1], edges[1:])]
    bins = [[int(b.sum()), float(confidence[b].mean()) if b.any() else None, float(correct[b].mean()) if b.any() else None] for b in inside]
    ece = sum(n / len(targets) * abs(acc - conf) for n, conf, acc in bins if n)
    return {"nll": float(nll(logits, targets, temperature).mean()), "ece": float(ece), "brier": float(np.sum((p - one_hot) ** 2, axis=1).mean()), "accuracy": float(correct.mean())}, bins


def jackknife(estimate, prompts):
    n = len(prompts)
    whole = estimate(prompts)
    left = np.array([estimate([q for q in prompts if q is not p]) for p in prompts])
    se = math.sqrt((n - 1) / n * np.sum((left - left.mean()) ** 2))
    reach = stats.t.ppf(0.975, n - 1) * se
    return {"value": float(whole), "low": float(whole - reach), "high": float(whole + reach), "se": float(se)}


def one_step(data, temperature):
    """log T without a prompt, one Newton step in beta from the fit of all."""
    def log_t(parts):
        gradient = sum(gap(l, t, math.log(temperature)) for _, l, t in parts)
        p = [special.softmax(l / temperature, axis=1) for _, l, _ in parts]
        curvature = sum(float(np.sum(np.sum(q * l**2, 1) - np.sum(q * l, 1) ** 2)) for q, (_, l, _) in zip(p, parts))
        return -math.log(1 / temperature - gradient / curvature)

    return jackknife(log_t, data)


def case(rng, prompts, tokens, vocabulary, sharpness):
    data = []
    for p in range(prompts):
        n = int(rng.integers(tokens // 2, tokens + 1))
        logits = np.round(rng.normal(0, 2, (n, vocabulary)), 4)
        # Drawn at another temperature than 1: that is what the fit has to find.
        chosen = np.array([rng.choice(vocabulary, p=special.softmax(row / sharpness)) for row in logits])
        data.append((3 * p, logits, chosen))
    together = lambda parts: (np.concatenate([l for _, l, _ in parts]), np.concatenate([t for _, _, t in parts]))
    temperature = fit(*together(data))
    refit = jackknife(lambda parts: math.log(fit(*together(parts))), data)
    at = lambda t, name: lambda parts: measures(*together(parts), t)[0][name]
    change = lambda name: lambda parts: at(temperature, name)(parts) - at(1.0, name)(parts)
    return {
        "prompts": [{"prompt": p, "logits": l.tolist(), "targets": t.tolist()} for p, l, t in data],
        "temperature": temperature,
        "oneStep": one_step(data, temperature),
        "refit": refit,
        "measures": {name: {"before": jackknife(at(1.0, name), data), "after": jackknife(at(temperature, name), data), "change": jackknife(change(name), data)} for name in ("nll", "ece", "brier", "accuracy")},
        "bins": {"before": measures(*together(data), 1.0)[1], "after": measures(*together(data), temperature)[1]},
    }


rng = np.random.default_rng(11)
cases = [case(rng, *shape) for shape in ((6, 20, 8, 1.7), (12, 12, 20, 0.6), (2, 10, 5, 1.0))]
(HERE / "calibration.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
