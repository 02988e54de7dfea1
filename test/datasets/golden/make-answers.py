"""Makes answers.json: the rules of EXPERIMENT.md, "Answer extraction", in CPython's own regular expressions, run over random strings.

Usage: python3 test/datasets/golden/make-answers.py   (CPython 3.11; deterministic)
"""
import json, pathlib, random, re

NUM = r'-?\d+\.?\d*'
STATEMENTS = [r'answer is[:\s]*\$?(%s)' % NUM, r'=\s*\$?(%s)\s*$' % NUM, r'\$(%s)\s*$' % NUM]


def boxed(response):
    boxes = re.findall(r'\\boxed\{([^}]+)\}', response)
    return re.findall(NUM, boxes[-1].replace(',', '')) if boxes else []


def answer(response):
    """(the rule that answers, what it answers)"""
    if boxed(response):
        return 'box', boxed(response)[-1]
    text = response.replace(',', '')
    for rule, pattern in enumerate(STATEMENTS):
        match = re.search(pattern, text, re.IGNORECASE | re.MULTILINE)
        if match:
            return rule, match.group(1)
    numbers = re.findall(NUM, text)
    return ('last', numbers[-1]) if numbers else ('none', '')


def truth(row):
    match = re.search(r'####\s*(%s)' % NUM, row.replace(',', ''))
    return match.group(1) if match else ''


def correct(predicted, wanted):
    if not predicted or not wanted:
        return False
    try:
        return abs(float(predicted) - float(wanted)) < 1e-5
    except ValueError:
        return predicted.strip() == wanted.strip()


PIECES = ['\\boxed{', '}', '{', 'answer is', 'ANSWER IS', 'an\u017fwer \u0131s', 'Answer \u0130\u017f', 'answer  is', 'answer\u00a0is', ':', '::', '$', '=',
          '==', '-', '.', ',', '\n', '\r', '\r\n', ' ', '  ', '\t', '\u2028', '\u2029', '\x85', '\x1c', '\x1d', '\x1f', '\x0b', '\ufeff', '\u200b', '\u3000',
          '\xa0', '\u180e', 'x', 'a day', '####', '#', '#####', '%', '/', '\u0664\u0662', '\uff14', '\U0001d7da', '\u0966', '\xbd', '\xb2', '\u2167', '1e5',
          '1_000', 'inf', 'nan', '\U0001f600', 'wait, ', '\\text{', '\\frac{1}{2}', '**']
NUMBERS = list('0123456789') + ['12', '18', '1,234', '3.5', '7.', '.5', '-3', '1,2,3', '00']
FLOATS = NUMBERS + ['', ' ', '+', '-', 'e', 'E', '1e5', '1e-5', '1_0', '_1', '1_', '1__0', '1_.0', '1._0', 'inf', '-inf', 'Infinity', 'INFINITY', 'nan', 'NaN',
                    '\u0131nf', '\uff15', '\uff15.', '\u0664\u0662', '0x10', '1 ', '\x1c5', '5\x85', '\ufeff5', '1.5.2', '\U0001d7da', '1e400', '-1e400', '0.1',
                    '0.10001', '0.100009', '0.1000100001', '1e', 'e5', '.', '-.', '5-3', '1,0', '\u00bd', '5\x00', 'infin']
rnd = random.Random(7)


def text(count):
    return ''.join(rnd.choice(PIECES if rnd.random() < 0.62 else NUMBERS) for _ in range(count))


def response():
    kind = rnd.random()
    if kind < 0.5:
        return text(rnd.randint(1, 9))
    if kind < 0.65:
        return text(rnd.randint(0, 4)) + '\\boxed{' + text(rnd.randint(0, 5)) + '}' + text(rnd.randint(0, 4))
    if kind < 0.8:
        return text(rnd.randint(0, 3)) + 'answer is' + text(rnd.randint(1, 5))
    if kind < 0.9:
        return text(rnd.randint(0, 3)) + '=' + rnd.choice(['', ' ', '\n', '\x1c']) + rnd.choice(['', '$']) + rnd.choice(NUMBERS) + text(rnd.randint(0, 3))
    return text(rnd.randint(0, 4)) + '$' + rnd.choice(NUMBERS) + text(rnd.randint(0, 4))


def tricky(words):
    return any(ord(c) > 127 or 0x1C <= ord(c) < 0x20 for c in words) or '\\boxed' in words or ',' in words


responses = [r for r in dict.fromkeys(response() for _ in range(5000)) if tricky(r)]
rows = [text(rnd.randint(0, 3)) + rnd.choice(['####', '####', '#### ']) + text(rnd.randint(1, 5)) for _ in range(200)]
pairs = list(dict.fromkeys((rnd.choice(FLOATS), rnd.choice(FLOATS)) for _ in range(20000)))
equal = [p for p in pairs if p[0] != p[1] and correct(*p)]
other = [p for p in pairs if not correct(*p)]
golden = {
    'note': 'made by make-answers.py: 25 responses per rule that answers, 30 ground truths, 60 comparisons',
    'responses': [{'response': r, 'extracted': answer(r)[1]} for rule in ['box', 0, 1, 2, 'last', 'none'] for r in [r for r in responses if answer(r)[0] == rule][:25]],
    'truths': [{'answer': a, 'truth': truth(a)} for a in [a for a in rows if tricky(a)][:30]],
    'pairs': [{'predicted': p, 'truth': t, 'correct': correct(p, t)} for p, t in equal[:30] + other[:30]],
}
pathlib.Path(__file__).with_name('answers.json').write_text(json.dumps(golden, indent=1) + '\n')
