"""Makes splitting.json: small tokenizers trained on random text, and the ids that the Rust library gives to more of it.

Usage: python3 test/models/golden/make-splitting.py   (tokenizers 0.23.3 from PyPI)
"""
import json, pathlib, random
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

PIECES = ["don't", "I'LL", ' a', '  ', '   a', '\n', '\n\n', '\r\n', '\t', 'é', 'e\u0301', '½', '²', '١٢', 'Ⅷ', '12,345.67', '$7', '😀', '\x85', '\ufeff', '\xa0',
          '\u2028', '\u3000', '\u200b', 'ﬁ', '日本語', '_', '\\s', '<|end|>', '\x1c']
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
rnd = random.Random(5)
bytes_only = lambda: pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
gpt2 = lambda: pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
steps = {
    'byte level': gpt2(),
    'digits, byte level (SmolLM2)': pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), gpt2()]),
    'runs of digits, byte level': pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=False), gpt2()]),
    'split by a pattern, bytes (Qwen2)': pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN), 'isolated'), bytes_only()]),
}


def text():
    return ''.join(rnd.choice(PIECES) for _ in range(rnd.randint(1, 6)))


golden = []
for name, step in steps.items():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = bytes_only()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=['<|end|>'], initial_alphabet=sorted(alphabet), show_progress=False)
    tokenizer.train_from_iterator((text() for _ in range(300)), trainer)
    tokenizer.pre_tokenizer = step
    cases = [{'text': t, 'ids': tokenizer.encode(t).ids} for t in dict.fromkeys(text() for _ in range(60))]
    golden.append({'name': name, 'tokenizer': json.loads(tokenizer.to_str()), 'cases': cases})
pathlib.Path(__file__).with_name('splitting.json').write_text(json.dumps(golden, separators=(',', ':')) + '\n')
