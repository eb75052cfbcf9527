"""Time a training step of a soft prompt under each scheme, side by side in one run: `python benchmarks/prompts.py`.

The models are GPT-2 small's shape with random weights and the embedded LM, the texts are random tokens; both change nothing about the arithmetic. Repetitions are
interleaved and medians reported, so that a busy machine slows all schemes alike; a step of more than ten seconds is taken once. Peak memory is that of one step in a process
of its own, above the loaded model, for the first batch size, on one thread; promptlab's counts the weights it keeps in oneDNN's order, once for reading and once for gradients. Needs `benchmarks/requirements.txt` beside the package. `--device cuda` gives the table of a GPU.
"""
import argparse, multiprocessing, statistics, threading, time, warnings

import numpy as np
import pandas as pd
import psutil
import torch
import torch.nn.functional as F
from peft import PromptTuningConfig, TaskType, get_peft_model
from transformers import GPT2Config, GPT2ForSequenceClassification, GPT2LMHeadModel, logging

from promptlab.lm import Encoded, FrozenLM, bucket, padding_ratio
from promptlab.past import PastStore
from promptlab.report import provenance, record

def optimizer(*params): return torch.optim.Adam(params, 1e-3)

def load(name, device):
    "A model as promptlab has it"
    if name == 'tiny': return FrozenLM.from_pretrained('tiny', device)
    torch.manual_seed(0); model = GPT2LMHeadModel(GPT2Config(bos_token_id=None, eos_token_id=0))
    return FrozenLM(model, FrozenLM.from_pretrained('tiny', 'cpu').tokenizer, 'gpt2 shape', device)

def pad(ids, device):
    "Right-padded ids and mask, as a plain data loader makes them"
    x = [torch.tensor(i) for i in ids]
    return (torch.nn.utils.rnn.pad_sequence(t, batch_first=True).to(device) for t in (x, [torch.ones_like(t) for t in x]))

def blog(lm, k):
    "The loop of the blog: the text is read in every step, then the prompt with the past of that reading"
    prompt = torch.nn.Parameter(torch.randn(1, k, lm.width, device=lm.device) * .02); head = torch.nn.Linear(lm.width, 2, device=lm.device); opt = optimizer(prompt, *head.parameters())
    def step(ids, y):
        opt.zero_grad()
        with torch.no_grad(): past = lm.model(input_ids=next(iter(pad(ids, lm.device)))).past_key_values
        h = lm.base(inputs_embeds=prompt.expand(len(ids), -1, -1), past_key_values=past).last_hidden_state[:, -1]
        F.cross_entropy(head(h), y).backward(); opt.step()
    return step

def peft(lm, k):
    "PEFT's prompt tuning of a sequence classifier: the prompt stands before the text"
    config = GPT2Config(**{**lm.model.config.to_dict(), 'pad_token_id': 1, 'num_labels': 2})
    m = get_peft_model(GPT2ForSequenceClassification(config).eval().to(lm.device), PromptTuningConfig(task_type=TaskType.SEQ_CLS, num_virtual_tokens=k))
    opt = optimizer(*(p for p in m.parameters() if p.requires_grad))
    def step(ids, y):
        x, mask = pad(ids, lm.device); opt.zero_grad(); m(input_ids=x, attention_mask=mask, labels=y).loss.backward(); opt.step()
    return step

def ours(lm, k, prompts=1):
    "promptlab: any number of prompts in one pass over pasts, wherever they come from"
    ps = [torch.nn.Parameter(torch.randn(k, lm.width, device=lm.device) * .02) for _ in range(prompts)]; heads = [torch.nn.Linear(lm.width, 2, device=lm.device) for _ in ps]
    opt = optimizer(*ps, *(p for h in heads for p in h.parameters()))
    def step(past, y):
        h = lm.features(past, ps); opt.zero_grad(); sum(F.cross_entropy(head(h[:, m]), y) for m, head in enumerate(heads)).backward(); opt.step()
    return step

BLOG, PEFT, KEPT = "the blog's loop", 'PEFT prompt tuning, SEQ_CLS', 'promptlab, kept'
def schemes(lm, k, names=None):
    "name -> (makes a step of (ids, store, positions, targets), prompts it serves)"
    def plain(make): f = make(lm, k); return lambda ids, store, b, y: f([ids[i] for i in b], y)
    def past(m, kept):
        f, room = ours(lm, k, m), torch.empty(0, dtype=lm.dtype) if lm.device.type == 'cpu' else None      # as `store.stream` has it
        return lambda ids, store, b, y: f(store._lay_out(b, room) if kept else lm.past_batch([ids[i] for i in b]), y)
    every = {BLOG: (lambda: plain(blog), 1), PEFT: (lambda: plain(peft), 1), 'promptlab, recomputed': (lambda: past(1, False), 1), KEPT: (lambda: past(1, True), 1),
             'promptlab, 16 prompts, recomputed': (lambda: past(16, False), 16), 'promptlab, 16 prompts, kept': (lambda: past(16, True), 16)}
    return {n: (make(), m) for n, (make, m) in every.items() if names is None or n in names}

def texts(lm, lengths):
    rng = np.random.default_rng(0); return Encoded([rng.integers(2, 8000, n).tolist() for n in lengths])
def store_of(lm, ids, dtype=None): return PastStore(lm, ids, None, dtype).build(8, progress=False)
def sync(device):
    if torch.device(device).type == 'cuda': torch.cuda.synchronize()
def seconds(f, device):
    sync(device); t = time.perf_counter(); f(); sync(device); return time.perf_counter() - t

def measure(fs, reps, device):
    "Median seconds of each function, repetitions interleaved; the first does not count unless it is long"
    out = {k: [seconds(f, device)] for k, f in fs.items()}; out = {k: v if v[0] > 10 else [] for k, v in out.items()}
    for _ in range(reps):
        for k, f in fs.items():
            if not (out[k] and out[k][0] > 10): out[k].append(seconds(f, device))
    return {k: statistics.median(v) for k, v in out.items()}

def _peak(model, device, name, batch, tokens, k, threads, queue):
    "Peak memory of one step above the loaded model, in a process of its own"
    quiet(threads); lm = load(model, device); f, _ = schemes(lm, k, [name])[name]; ids = texts(lm, [tokens] * batch); y = torch.zeros(batch, dtype=torch.long, device=device)
    store = store_of(lm, ids) if name.endswith('kept') else None
    if torch.device(device).type == 'cuda':
        torch.cuda.reset_peak_memory_stats(); before = torch.cuda.memory_allocated(); f(ids, store, range(batch), y); queue.put(torch.cuda.max_memory_allocated() - before); return
    p = psutil.Process(); before = p.memory_info().rss; top, stop = [before], threading.Event()
    def watch():
        while not stop.is_set(): top[0] = max(top[0], p.memory_info().rss); time.sleep(.002)
    t = threading.Thread(target=watch); t.start(); f(ids, store, range(batch), y); stop.set(); t.join()
    ordered = sum(m.weight.nbytes for m, _ in lm._stand_ins if hasattr(m, 'weight')) if name.startswith('promptlab') else 0   # for reading; those for gradients are made in the step
    queue.put(top[0] - before + ordered)

def peak(*args):
    "MiB"
    ctx = multiprocessing.get_context('spawn'); q = ctx.Queue(); p = ctx.Process(target=_peak, args=(*args, q)); p.start(); out = q.get(timeout=600); p.join(); return out / 2**20

def error(lm, k, dtype=None):
    "Relative error of a batch's features against each text run whole and alone"
    ids = texts(lm, [1, 17, 60]); prompt = torch.randn(k, lm.width, device=lm.device) * .02
    with torch.no_grad():
        fast = lm.features(store_of(lm, ids, dtype)[range(3)], prompt)
        slow = torch.stack([lm.base(inputs_embeds=torch.cat([lm.embed(torch.tensor(t, device=lm.device)), prompt])[None]).last_hidden_state[0, -1] for t in ids])
    return ((fast - slow).norm() / slow.norm()).item()

def floor(lm, batch, tokens, k, device):
    "Seconds that a kept step cannot avoid: its arithmetic at the speed of a large matrix product, or its bytes at the speed of a copy, whichever is longer"
    a = torch.randn(2048, 2048, device=device); big = torch.empty(2**26, device=device); out = torch.empty_like(big)
    rate = 2 * 2048**3 / min(seconds(lambda: a @ a, device) for _ in range(5)); width = 2 * big.nbytes / min(seconds(lambda: out.copy_(big), device) for _ in range(5))
    blocks = sum(p.numel() for n, p in lm.base.named_parameters() if p.ndim > 1 and 'wte' not in n and 'wpe' not in n); past = store_of(lm, texts(lm, [tokens])).token_bytes * tokens * batch
    flops = 4 * blocks * batch * k + 4 * k * past / 4 * 2; moved = 2 * 4 * blocks + 2 * past      # forward and backward; weights and pasts read once in each
    return max(flops / rate, moved / width), flops, moved, rate, width

def epochs(lm, lengths, batch, k, reps, device, what):
    "Epochs of each scheme over texts of given lengths, and ten with the building of the store"
    ids, y, rng = texts(lm, lengths), torch.zeros(batch, dtype=torch.long, device=device), np.random.default_rng(1); n = np.array(lengths)
    plain, ours = np.array_split(rng.permutation(len(n)), len(n) // batch), bucket(n, batch, rng); store = PastStore(lm, ids).build(batch, progress=False); every = schemes(lm, k)
    batches = {name: plain if name in (BLOG, PEFT) else ours for name in every}
    def run(name): return lambda: [every[name][0](ids, store, b, y[:len(b)]) for b in batches[name]]
    s = measure({'build': lambda: PastStore(lm, ids).build(batch, progress=False), **{name: run(name) for name in every}}, reps, device); rows = []
    for name, (_, m) in every.items():
        rows.append({'texts': what, 'scheme': name, 'padded / real': padding_ratio(n, batches[name]), 's an epoch': s[name] / m, 's ten epochs': (10 * s[name] + s['build'] * name.endswith('kept')) / m})
    return [{**r, 'ten epochs: times faster than the blog': rows[0]['s ten epochs'] / r['s ten epochs']} for r in rows]

def quiet(threads):
    warnings.simplefilter('ignore'); logging.set_verbosity_error(); torch.set_num_threads(threads); torch.manual_seed(0)

def main():
    a = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    a.add_argument('--models', nargs='+', default=['gpt2', 'tiny'], help='gpt2 (its shape), tiny'); a.add_argument('--tokens', type=int, nargs='+', default=[32, 128, 256, 512], help='text lengths')
    a.add_argument('--batch', type=int, nargs='+', default=[8, 32]); a.add_argument('--prompt', type=int, default=5, help='prompt tokens')
    a.add_argument('--threads', type=int, nargs='+', default=sorted({1, torch.get_num_threads()})); a.add_argument('--reps', type=int, default=3)
    a.add_argument('--device', default='cpu'); a.add_argument('--epoch-texts', type=int, default=64, help='texts in a measured epoch; 0: none'); a.add_argument('--record', help='a folder for the figures, as results')
    a = a.parse_args()
    for model, threads in ((m, t) for m in a.models for t in a.threads):
        rows, tables = [], []; quiet(threads); lm = load(model, a.device); k = a.prompt; steps = schemes(lm, k)
        errors = {d: error(lm, k, d) for d in ('fp32', 'fp16', 'int8')}; size = {d: PastStore(lm, texts(lm, [1]), None, d).token_bytes / 1024 for d in errors}
        print(f'{model}: relative error of a feature against the slow reference, and KiB a stored token:', ', '.join(f'{d} {errors[d]:.0e}, {size[d]:.1f}' for d in errors), '\n', flush=True)
        facts = dict(model={'gpt2': 'GPT-2 small shape, random weights, fp32', 'tiny': 'tiny, fp32'}[model], data='random tokens', seed=0, threads=threads, prompt_tokens=k, reps=a.reps,
                     device=torch.cuda.get_device_name() if torch.device(a.device).type == 'cuda' else 'cpu')
        print(', '.join(f'{k} {v}' for k, v in {**facts, **provenance()}.items()), '\n', flush=True)
        def save():
            if a.record: record(f'bench-prompts-{model}-{facts["device"].split()[-1].lower()}-{threads}', dict(steps=rows, epochs=tables, error=errors, kib_a_token=size), a.record, **facts)
        for T, B in ((t, b) for b in a.batch for t in a.tokens):
            T = min(T, lm.context - k); ids, y = texts(lm, [T] * B), torch.randint(0, 2, (B,), device=a.device); store = store_of(lm, ids)
            s = measure({n: (lambda f=f: f(ids, store, range(B), y)) for n, (f, _) in steps.items()}, a.reps, a.device); s = {n: v / steps[n][1] for n, v in s.items()}
            now = [{'batch': B, 'tokens': T, 'scheme': n, 'ms a step and prompt': v * 1e3, 'times faster than the blog': s[BLOG] / v, 'times faster than PEFT': s[PEFT] / v,
                    'tokens a second': B * T / v, 'peak MiB': peak(model, a.device, n, B, T, k, threads) if (threads, B) == (1, a.batch[0]) else None} for n, v in s.items()]
            print(pd.DataFrame(now).drop(columns=['batch', 'tokens']).round(1).to_string(index=False)); rows += now
            t, flops, moved, rate, width = floor(lm, B, T, k, a.device)
            print(f'{model}, {threads} thread(s), batch {B}, {T} tokens; a kept step needs {flops / 1e9:.1f} GFLOP (at {rate / 1e9:.0f} a second) and {moved / 2**20:.0f} MiB (at {width / 2**30:.1f} GiB a second): '
                  f'no less than {t * 1e3:.0f} ms; measured {s[KEPT] / t:.1f} times that\n', flush=True)
            rows[-3]['floor ms'] = t * 1e3; save()
        if a.epoch_texts:
            rng = np.random.default_rng(0); n = a.epoch_texts
            for what, lengths in ((f'{n} of 128 tokens', [128] * n), (f'{n} of 20 to 400 tokens', np.clip(rng.lognormal(np.log(110), .6, n), 20, 400).astype(int).tolist())):
                now = epochs(lm, lengths, 8, k, a.reps, a.device, what); print(f'{model}, {threads} thread(s), batch 8\n' + pd.DataFrame(now).round(2).to_string(index=False), flush=True)
                tables += now; save()

if __name__ == '__main__': main()
