# Made the folders of families/: tiny models with random weights and what PyTorch computes from them.
# python -m venv v && v/bin/pip install torch==2.15.0 transformers==5.5.4 && v/bin/python make-families.py [NAME...]
# expected.json, per prompt: the head's input at every position and the last logits, the same at the last position with noise
# z at the input of every Linear (x + scale std(x) z, z[i] = sqrt(2) sin(0.37 (i + 1) (site + 1)) over the flattened [S, in]),
# and 24 greedy tokens. Every prompt has a model of its own: transformers 5.5.4 keeps frequencies of `dynamic` scaling between passes.
import json, math, sys
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM

OUT = Path(__file__).parent / "families"
SCALE = 0.2
NEW_TOKENS = 24
LENGTHS = (5, 21, 45)
COMMON = dict(
    hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, vocab_size=96,
    max_position_embeddings=128, rms_norm_eps=1e-5, bos_token_id=None, eos_token_id=None, pad_token_id=None,
)
FACTORS = dict(short_factor=[1 + 0.1 * i for i in range(8)], long_factor=[1.5 + 0.5 * i for i in range(8)])
CONFIGS = {
    "mistral": dict(model_type="mistral", head_dim=16, sliding_window=8, rope_theta=1000.0),
    "mistral-no-window": dict(model_type="mistral", head_dim=16, sliding_window=None, rope_theta=1000.0),
    "llama-dynamic": dict(model_type="llama", head_dim=16, max_position_embeddings=32, rope_scaling=dict(rope_type="dynamic", factor=4.0)),
    "llama-yarn": dict(
        model_type="llama", head_dim=16, rope_theta=100.0,
        rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=32, beta_fast=4.0, beta_slow=1.0),
    ),
    "phi3": dict(model_type="phi3", hidden_size=64, num_hidden_layers=2, sliding_window=8, tie_word_embeddings=False),
    "phi3-longrope": dict(
        model_type="phi3", hidden_size=64, num_attention_heads=2, num_key_value_heads=1, num_hidden_layers=2, partial_rotary_factor=0.5,
        original_max_position_embeddings=32, rope_scaling=dict(rope_type="longrope", **FACTORS), tie_word_embeddings=True,
    ),
    "gemma3": dict(
        model_type="gemma3_text", num_hidden_layers=4, head_dim=16, num_attention_heads=4, num_key_value_heads=1, sliding_window=8,
        sliding_window_pattern=3, query_pre_attn_scalar=24, rope_theta=100000.0, rope_local_base_freq=1000.0,
        rope_scaling=dict(rope_type="linear", factor=2.0),
    ),
}
ORDER = ["q_proj", "k_proj", "v_proj", "qkv_proj", "o_proj", "gate_proj", "up_proj", "gate_up_proj", "down_proj"]


def make(name):
    folder = OUT / name
    torch.manual_seed(len(name))
    config = AutoConfig.for_model(**{**COMMON, **CONFIGS[name]})
    config._attn_implementation = "eager"
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    for key, weight in model.named_parameters():
        centre = 0.0 if "gemma" in name else 1.0
        torch.nn.init.normal_(weight, centre, 0.2) if "norm" in key else torch.nn.init.normal_(weight, 0.0, 0.15)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    prompts = [reference(folder, [(7 * i * i + 13 * i + length) % 96 for i in range(length)]) for length in LENGTHS]
    (folder / "expected.json").write_text(json.dumps({"scale": SCALE, "prompts": prompts}) + "\n")


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


@torch.no_grad()
def reference(folder, ids):
    batch = torch.tensor([ids])
    hidden, logits = head_input(load(folder), batch)
    noisy = load(folder)
    disturb_linears(noisy)
    noisy_hidden, noisy_logits = head_input(noisy, batch)
    # Without a cache for longrope: where a sequence outgrows the short factors, transformers 5.5.4 drops the cache but reads one token.
    options = dict(do_sample=False, max_new_tokens=NEW_TOKENS, use_cache=folder.name != "phi3-longrope")
    greedy = load(folder).generate(batch, attention_mask=torch.ones_like(batch), **options)[0, len(ids):]
    return {
        "ids": ids,
        "hidden": [rounded(row) for row in hidden],
        "logitsLast": rounded(logits),
        "everyLinear": {"hiddenLast": rounded(noisy_hidden[-1]), "logitsLast": rounded(noisy_logits)},
        "greedy": greedy.tolist(),
    }


def head_input(model, batch):
    kept = []
    handle = model.lm_head.register_forward_pre_hook(lambda _, args: kept.append(args[0][0].clone()))
    logits = model(batch, use_cache=False).logits[0, -1]
    handle.remove()
    return kept[0], logits


def disturb_linears(model):
    linears = [n for n, m in model.named_modules() if isinstance(m, torch.nn.Linear) and n != "lm_head"]
    place = lambda n: (int(n.split(".")[2]), ORDER.index(n.split(".")[-1]))
    for site, name in enumerate([*sorted(linears, key=place), "lm_head"]):
        model.get_submodule(name).register_forward_pre_hook(lambda _, args, site=site: (disturbed(args[0], site),))


def disturbed(x, site):
    i = torch.arange(1, x[0].numel() + 1, dtype=torch.float64)
    z = (math.sqrt(2) * torch.sin(0.37 * i * (site + 1))).float().reshape(x.shape)
    return x + z * (SCALE * x.std())


def rounded(values):
    return [float(f"{value:.9g}") for value in values.tolist()]


for chosen in sys.argv[1:] or CONFIGS:
    make(chosen)
