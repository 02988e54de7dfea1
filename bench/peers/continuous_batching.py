"""OpenVINO GenAI's continuous batching in float32, timed. Reads one JSON document from stdin, writes one to stdout.

in:  {"model": folder, "export": folder, "batches": [{"name", "prompts": [[id, ...], ...], "temperatures": [T, ...], "newTokens"}, ...]}
out: {"rates": {name: tokens a second}, "versions"}
The export (optimum-intel, float32) is made once. EOS is ignored; prefill counts, loading does not.
"""

import json
import os
import sys
import time

task = json.load(sys.stdin)
say = lambda text: print(text, file=sys.stderr, flush=True)
# What libraries print belongs to people: stdout carries the answer alone.
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

if not os.path.exists(os.path.join(task["export"], "openvino_model.xml")):
    from optimum.exporters.openvino import main_export
    from optimum.intel import OVConfig

    say("exporting to OpenVINO")
    main_export(task["model"], output=task["export"], task="text-generation-with-past", ov_config=OVConfig(dtype="fp32"))

import numpy
import openvino
import openvino_genai

scheduler = openvino_genai.SchedulerConfig()
scheduler.cache_size = 4
scheduler.max_num_batched_tokens = 2048
scheduler.enable_prefix_caching = True
properties = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32"}
pipeline = openvino_genai.ContinuousBatchingPipeline(task["export"], scheduler, "CPU", properties)


def settings(temperature, tokens):
    config = openvino_genai.GenerationConfig()
    config.do_sample, config.temperature, config.top_k, config.top_p = True, temperature, 2**31 - 1, 1.0
    config.max_new_tokens, config.ignore_eos = tokens, True
    return config


def run(batch):
    tensors = [openvino.Tensor(numpy.array([ids], dtype=numpy.int64)) for ids in batch["prompts"]]
    configs = [settings(temperature, batch["newTokens"]) for temperature in batch["temperatures"]]
    start = time.perf_counter()
    results = pipeline.generate(tensors, configs)
    seconds = time.perf_counter() - start
    tokens = sum(len(ids) for result in results for ids in result.m_generation_ids)
    say(f"{batch['name']}: {tokens} tokens in {seconds:.1f} s")
    return tokens / seconds


run({**task["batches"][-1], "name": "warm-up", "newTokens": 4})
rates = {batch["name"]: run(batch) for batch in task["batches"]}
json.dump({"rates": rates, "versions": {"openvino": openvino.__version__, "openvino_genai": openvino_genai.__version__}}, answer)
answer.close()
