"""Time a training step of a soft prompt under each scheme, side by side in one run: `python benchmarks/prompts.py`.

The model has GPT-2 small's shape and random weights, the texts are random tokens; both change nothing about the arithmetic. Repetitions are
interleaved and medians reported, so that a busy machine slows all schemes alike. Needs `benchmarks/requirements.txt` beside the package.
"""
import argparse, statistics, time, warnings

import pandas as pd
import torch
import torch.nn.functional as F
from peft import PromptTuningConfig, TaskType, get_peft_model
from transformers import GPT2Config, GPT2ForSequenceClassification, GPT2LMHeadModel, logging

from promptlab.lm import Encoded, FrozenLM
from promptlab.report import provenance

def optimizer(*params): return torch.optim.Adam(params, 1e-3)

def step(opt, loss):
    opt.zero_grad(); loss().backward(); opt.step()

def blog(model, ids, y, k):
    "The loop of the blog: the text is read in every step, then the prompt with the past of that reading"
    prompt = torch.nn.Parameter(torch.randn(1, k, model.config.n_embd) * .02); head = torch.nn.Linear(model.config.n_embd, 2)
    def loss():
        with torch.no_grad(): past = model(input_ids=ids).past_key_values
        h = model.transformer(inputs_embeds=prompt.expand(len(ids), -1, -1), past_key_values=past).last_hidden_state[:, -1]
        return F.cross_entropy(head(h), y)
    opt = optimizer(prompt, *head.parameters()); return lambda: step(opt, loss)

def peft(ids, y, k):
    "PEFT's prompt tuning of a sequence classifier: the prompt stands before the text"
    m = get_peft_model(GPT2ForSequenceClassification(GPT2Config(pad_token_id=50256, num_labels=2)).eval(), PromptTuningConfig(task_type=TaskType.SEQ_CLS, num_virtual_tokens=k))
    opt = optimizer(*(p for p in m.parameters() if p.requires_grad))
    return lambda: step(opt, lambda: m(input_ids=ids, attention_mask=torch.ones_like(ids), labels=y).loss)

def ours(lm, ids, y, k, prompts=1, kept=False):
    "promptlab: any number of prompts in one pass, over pasts that are kept or read again in every step"
    ps = [torch.nn.Parameter(torch.randn(k, lm.width) * .02) for _ in range(prompts)]; heads = [torch.nn.Linear(lm.width, 2) for _ in ps]
    enc = Encoded(ids.tolist()); store = lm.past(enc, len(ids), progress=False) if kept else None
    def loss():
        h = lm.features(store or lm.past(enc, len(ids), progress=False), ps)
        return sum(F.cross_entropy(head(h[:, m]), y) for m, head in enumerate(heads))
    opt = optimizer(*ps, *(p for h in heads for p in h.parameters())); return lambda: step(opt, loss)

def error(lm, k):
    "Relative error of a batch's features against each text run whole and alone"
    texts = Encoded([torch.randint(0, 50000, (n,)).tolist() for n in (1, 17, 60)]); prompt = torch.randn(k, lm.width) * .02
    with torch.no_grad():
        fast = lm.features(lm.past(texts, progress=False), prompt)
        slow = torch.stack([lm.base(inputs_embeds=torch.cat([lm.embed(torch.tensor(t)), prompt])[None]).last_hidden_state[0, -1] for t in texts])
    return ((fast - slow).norm() / slow.norm()).item()

def measure(schemes, reps):
    "Median seconds of each scheme, repetitions interleaved"
    for f, _ in schemes.values(): f()
    seconds = {k: [] for k in schemes}
    for _ in range(reps):
        for k, (f, n) in schemes.items(): t = time.perf_counter(); f(); seconds[k].append((time.perf_counter() - t) / n)
    return {k: statistics.median(v) for k, v in seconds.items()}

def main():
    a = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    a.add_argument('--tokens', type=int, nargs='+', default=[32, 128, 256], help='text lengths'); a.add_argument('--batch', type=int, default=8)
    a.add_argument('--prompt', type=int, default=5, help='prompt tokens'); a.add_argument('--threads', type=int, default=1); a.add_argument('--reps', type=int, default=5)
    a = a.parse_args(); warnings.simplefilter('ignore'); logging.set_verbosity_error(); torch.set_num_threads(a.threads); torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(bos_token_id=None, eos_token_id=0)); lm = FrozenLM(model, FrozenLM.from_pretrained('tiny').tokenizer, 'gpt2 shape'); rows = []
    for T in a.tokens:
        ids, y = torch.randint(0, 50000, (a.batch, T)), torch.randint(0, 2, (a.batch,))
        schemes = {"the blog's loop": (blog(model, ids, y, a.prompt), 1), 'PEFT prompt tuning, SEQ_CLS': (peft(ids, y, a.prompt), 1), 'promptlab, recomputed': (ours(lm, ids, y, a.prompt), 1),
                   'promptlab, kept': (ours(lm, ids, y, a.prompt, kept=True), 1), 'promptlab, 16 prompts, recomputed': (ours(lm, ids, y, a.prompt, 16), 16),
                   'promptlab, 16 prompts, kept': (ours(lm, ids, y, a.prompt, 16, True), 16)}
        s = measure(schemes, a.reps); b, p = s["the blog's loop"], s['PEFT prompt tuning, SEQ_CLS']
        rows += [{'tokens': T, 'scheme': k, 'ms a step and prompt': round(v * 1e3, 1), 'times faster than the blog': round(b / v, 1), 'times faster than PEFT': round(p / v, 1)} for k, v in s.items()]
        print(pd.DataFrame(rows[-len(s):]).to_string(index=False), flush=True)
    print(f'relative error of a feature against the slow reference: {error(lm, a.prompt):.0e}')
    print(f'batch {a.batch}, {a.prompt} prompt tokens, {a.threads} thread(s), median of {a.reps}, fp32, random weights;', ', '.join(f'{k} {v}' for k, v in provenance().items()))

if __name__ == '__main__': main()
