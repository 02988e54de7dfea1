"""The study's own loops in PyTorch, float32, timed. Reads one JSON document from stdin, writes one to stdout.

in:  {"model": folder, "prompts": [[id, ...], ...], "draws", "noiseScales", "headScales", "tBase", "temperatures", "sequencesPerPrompt", "newTokens"}
out: {"noiseSeconds", "scoreSeconds", "generateTokensPerSecond", "versions"}
Written after the study: noise in forward pre-hooks of every Linear; no KV cache in steps 3 and 4;
`generate` with its cache on a left-padded batch, EOS held back so that all sequences have the same length.
"""

import json
import sys
import time
from contextlib import contextmanager

import torch
import transformers
from transformers import AutoModelForCausalLM

task = json.load(sys.stdin)
torch.manual_seed(42)
model = AutoModelForCausalLM.from_pretrained(task["model"], dtype=torch.float32).eval()
prompts = [torch.tensor([ids]) for ids in task["prompts"]]
say = lambda text: print(text, file=sys.stderr, flush=True)


@torch.no_grad()
def hidden_and_logits(ids):
    seen = {}
    handle = model.lm_head.register_forward_hook(lambda _module, inputs, _output: seen.update(hidden=inputs[0].clone()))
    logits = model(ids, use_cache=False).logits
    handle.remove()
    return seen["hidden"], logits


@contextmanager
def noise_at_every_linear(scale):
    def disturb(_module, inputs):
        x = inputs[0]
        return (x + torch.randn_like(x) * scale * x.std(), *inputs[1:])

    handles = [module.register_forward_pre_hook(disturb) for module in model.modules() if isinstance(module, torch.nn.Linear)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def noise_step():
    clean = [hidden_and_logits(ids)[0][0, -1] for ids in prompts]
    for scale in task["noiseScales"]:
        for ids, reference in zip(prompts, clean):
            for _ in range(task["draws"]):
                with noise_at_every_linear(scale):
                    (hidden_and_logits(ids)[0][0, -1] - reference).std().item()
        say(f"scale {scale}")


@torch.no_grad()
def score_step():
    for scale in task["headScales"]:
        for ids in prompts:
            for _ in range(task["draws"]):
                hidden, _ = hidden_and_logits(ids)
                clean = model.lm_head(hidden)[0, -1]
                noisy = model.lm_head(hidden + torch.randn_like(hidden) * scale * hidden.std())[0, -1]
                target, best = torch.softmax(clean / task["tBase"], -1), clean.argmax()
                for temperature in task["temperatures"]:
                    log_q = torch.log_softmax(noisy / temperature, -1)
                    torch.nn.functional.kl_div(log_q, target, reduction="sum").item()
                    log_q[best].exp().item()
        say(f"head noise {scale}")


@torch.no_grad()
def generate():
    rows = [ids for ids in task["prompts"] for _ in range(task["sequencesPerPrompt"])]
    longest = max(map(len, rows))
    padded = torch.tensor([[0] * (longest - len(ids)) + ids for ids in rows])
    mask = torch.tensor([[0] * (longest - len(ids)) + [1] * len(ids) for ids in rows])
    tokens = task["newTokens"]
    settings = dict(do_sample=True, temperature=task["tBase"], top_k=0, top_p=1.0, pad_token_id=0)
    model.generate(padded, attention_mask=mask, max_new_tokens=tokens, min_new_tokens=tokens, **settings)
    return len(rows) * tokens


def seconds_of(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


hidden_and_logits(prompts[0])
noise_seconds, _ = seconds_of(noise_step)
score_seconds, _ = seconds_of(score_step)
generate_seconds, tokens = seconds_of(generate)
json.dump(
    {
        "noiseSeconds": noise_seconds,
        "scoreSeconds": score_seconds,
        "generateTokensPerSecond": tokens / generate_seconds,
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    },
    sys.stdout,
)
