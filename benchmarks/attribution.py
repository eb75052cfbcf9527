"""Measure training data attribution side by side with its peers: `python benchmarks/attribution.py speed|fidelity|lds|base`.

`speed`: a training step, promptlab's features, traker, dattri and kronfluence on the same BERT shape in the same run, repetitions interleaved, medians.
`fidelity`: do sketches keep the gradients' inner products, on every supported family, beside the check against autograd.
`lds`: linear datamodeling score of every method on a small fine-tuning task with known ground truth (made by `truth`, kept in `results/`).
`base`: time and memory of a BERT-base shape at 128 tokens. Needs `benchmarks/attribution-requirements.txt`, installed with `-c benchmarks/attribution-constraints.txt`.
"""
import argparse, copy, statistics, tempfile, threading, time, warnings
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import torch
import torch.nn.functional as F
import transformers as tf

from promptlab.attribution import (Attributor, Factored, PerText, Sketch, Whole, ceiling, fine_tune, lds, margin, margins, model_output, model_rows, representations, retrain,
                                   self_check, subsets)
from promptlab.lm import load_tensors, save_tensors
from promptlab.report import bootstrap, provenance, record

RESULTS = Path(__file__).resolve().parent.parent / 'results'

# ---- the small fine-tuning task: texts of topic words, a label a topic, negations that turn it round, 5 % wrong labels ----

WORDS, LENGTH, TOPICS = 1000, 24, 30

def texts(n, seed, noise, negated=.1, world=4321):
    "Token ids, mask, labels, topics, and which labels are wrong"
    w = np.random.default_rng(world); of_topic = w.integers(0, 2, TOPICS); words = w.integers(100, WORDS, (TOPICS, 6)); negations = w.integers(5, 100, 6)
    r = np.random.default_rng(seed); zipf = 1 / np.arange(1, WORDS - 4); ids = r.choice(np.arange(5, WORDS), (n, LENGTH), p=zipf / zipf.sum())
    p = np.arange(1, TOPICS + 1) ** -.6; topic = r.choice(TOPICS, n, p=p / p.sum()); length = r.integers(10, LENGTH + 1, n); y = of_topic[topic]
    for i in range(n):
        at = 1 + r.permutation(length[i] - 1)[:r.integers(3, 6)]; ids[i, at] = words[topic[i], r.integers(0, 6, len(at))]
        if r.random() < negated: ids[i, r.integers(1, length[i])] = negations[r.integers(6)]; y[i] = 1 - y[i]
    mask = (np.arange(LENGTH) < length[:, None]).astype(int); ids = ids * mask; ids[:, 0] = 2; wrong = r.random(n) < noise
    return dict(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask), labels=torch.tensor(np.where(wrong, 1 - y, y))), torch.tensor(topic), wrong

def small_bert(labels, seed):
    torch.manual_seed(seed)
    return tf.BertForSequenceClassification(tf.BertConfig(vocab_size=WORDS, hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128,
                                                          max_position_embeddings=LENGTH, num_labels=labels))

HOW = dict(epochs=10, lr=3e-4, batch_size=64)

def pretrained(file):
    "A model that has learnt to tell the topics apart, with a new head for two classes"
    m = small_bert(2, 0)
    if not Path(file).exists():
        t, topic, _ = texts(12000, 1777, 0, negated=0); big = small_bert(TOPICS, 7)
        fine_tune(big, model_rows({**t, 'labels': topic}, big), 6, 1e-3, 64, 7); save_tensors(file, {k: v for k, v in big.state_dict().items() if 'classifier' not in k}, {})
    m.load_state_dict(load_tensors(file)[0], strict=False); return m

def truth(part=(0, 1), folder='runs/attribution/bench', n=2000, halves=60, again=20):
    "Margins after training on random halves (halves, targets), and of the first ones again in another order (again, targets): from `results/`, or made"
    file = RESULTS / 'attribution-truth-bench.safetensors'
    if not file.exists():
        base = pretrained(f'{folder}/pretrained.safetensors'); train, _, _ = texts(n, 11, .05); targets, _, _ = texts(200, 12, 0); rows, to = model_rows(train, base), model_rows(targets, base)
        def one(subset, seed):
            model = copy.deepcopy(base); fine_tune(model, rows, subset=subset, seed=1000 + seed, progress=False, **HOW); return margins(model, to)
        jobs = [dict(name=f'half-{j:03d}-{s}', subset=np.flatnonzero(k), seed=s) for s, m in ((0, halves), (1, again)) for j, k in enumerate(subsets(n, m))]
        out = retrain(jobs, one, f'{folder}/halves', part)
        if out is None: return
        out = torch.tensor(out).half(); save_tensors(file, {'margins': out[:halves], 'again': out[halves:]}, dict(n=n, share=.5, seeds=[0, 1], how=HOW, **provenance()))
    t = load_tensors(file)[0]; return t['margins'].float().numpy(), t['again'].float().numpy()

# ---- speed: one BERT shape of 1.4M parameters ----

def speed_bert(attention='sdpa'):
    torch.manual_seed(0)
    return tf.BertForSequenceClassification(tf.BertConfig(vocab_size=8000, hidden_size=128, num_hidden_layers=2, num_attention_heads=2, intermediate_size=512,
                                                          max_position_embeddings=64, num_labels=2, attn_implementation=attention)).eval()

def speed_batch(n, vocab=8000, longest=64, full=False, seed=0):
    r = np.random.default_rng(seed); zipf = 1 / np.arange(1, vocab + 1); length = np.full(n, longest) if full else r.integers(longest // 4, longest + 1, n)
    mask = (np.arange(longest) < length[:, None]).astype(int); ids = r.choice(vocab, (n, longest), p=zipf / zipf.sum()) * mask
    return dict(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask), labels=torch.tensor(r.integers(0, 2, n)))

def training_step(model, b):
    model.zero_grad(); F.cross_entropy(model(input_ids=b['input_ids'], attention_mask=b['attention_mask']).logits, b['labels']).backward()

class Masked(torch.nn.Module):
    "The peers' `vmap` fails on the mask check of transformers' BERT: hand over a ready additive mask"
    def __init__(self, model): super().__init__(); self.model = model
    def forward(self, input_ids, token_type_ids, attention_mask):
        mask = ((1. - attention_mask[:, None, None, :].float()) * -1e9).expand(-1, 1, input_ids.shape[1], -1)
        return self.model(input_ids=input_ids, token_type_ids=token_type_ids, attention_mask=mask).logits

def traker_step(k, b, batches):
    "traker's own task, in fp32 (its half precision is slower on a CPU)"
    from trak import TRAKer
    m = Masked(speed_bert('eager')); n = len(b['labels']); data = [b['input_ids'], torch.zeros_like(b['input_ids']), b['attention_mask'], b['labels']]
    t = TRAKer(model=m, task='text_classification', train_set_size=n * batches, save_dir=tempfile.mkdtemp(), device='cpu', proj_dim=k, use_half_precision=False, logging_level=50)
    t.load_checkpoint(m.state_dict(), model_id=0)
    return lambda: t.featurize(batch=data, num_samples=n)

def dattri_step(k, b):
    from dattri.algorithm.trak import TRAKAttributor
    from dattri.task import AttributionTask
    m = Masked(speed_bert('eager'))
    def f(params, data):
        logits = torch.func.functional_call(m, params, tuple(d[None] for d in data[:3])); own = torch.arange(2) == data[3]
        return torch.where(own, logits[0], 0).sum() - torch.where(own, 0, logits[0]).sum()
    def p(params, data):
        ids, kinds, mask, y = (d if d.ndim == len(s) else d[None] for d, s in zip(data, ('nt', 'nt', 'nt', 'n')))
        return torch.exp(-F.cross_entropy(torch.func.functional_call(m, params, (ids, kinds, mask)), y, reduction='none'))
    t = TRAKAttributor(AttributionTask(f, m, m.state_dict()), p, projector_kwargs=dict(proj_dim=k, proj_max_batch_size=32, proj_seed=0, device='cpu'), regularization=1.)
    data = [(b['input_ids'], torch.zeros_like(b['input_ids']), b['attention_mask'], b['labels'])]
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*data[0]), batch_size=len(b['labels']))
    return lambda: t.cache(loader)

def kronfluence_step(b, strategy='ekfac'):
    "Fit the factors on the batch: what must be done for each training text before anything can be scored"
    from kronfluence.analyzer import Analyzer, prepare_model
    from kronfluence.arguments import FactorArguments
    from kronfluence.task import Task
    class Classify(Task):
        def compute_train_loss(self, batch, model, sample=False):
            out = model(*batch[:3]); y = torch.multinomial(out.detach().softmax(-1), 1).flatten() if sample else batch[3]
            return F.cross_entropy(out, y, reduction='sum')
        def compute_measurement(self, batch, model): return -margin(model(*batch[:3]), batch[3])[0].sum()
        def get_influence_tracked_modules(self): return None
        def get_attention_mask(self, batch): return batch[2]
    task = Classify(); m = prepare_model(Masked(speed_bert('eager')), task); data = torch.utils.data.TensorDataset(b['input_ids'], torch.zeros_like(b['input_ids']), b['attention_mask'], b['labels'])
    a = Analyzer('bench', m, task, output_dir=tempfile.mkdtemp(), cpu=True, disable_tqdm=True); args = FactorArguments(strategy=strategy)
    return lambda: a.fit_all_factors('f', data, per_device_batch_size=len(b['labels']), factor_args=args, overwrite_output_dir=True)

class Memory:
    "The most memory a block took beyond what was in use before it, MB"
    def __enter__(self):
        self.p = psutil.Process(); self.start = self.peak = self.p.memory_info().rss; self.on = True
        def watch():
            while self.on: self.peak = max(self.peak, self.p.memory_info().rss); time.sleep(.005)
        self.thread = threading.Thread(target=watch, daemon=True); self.thread.start(); return self
    def __exit__(self, *a): self.on = False; self.thread.join()
    @property
    def extra(self): return (self.peak - self.start) / 2 ** 20
    @property
    def whole(self): return self.peak / 2 ** 20

def interleaved(schemes, rounds):
    "Median seconds of each scheme: name -> (function, repetitions a round)"
    for f, _ in schemes.values(): f()
    t = {k: [] for k in schemes}
    for _ in range(rounds):
        for k, (f, reps) in schemes.items():
            for _ in range(reps): s = time.perf_counter(); f(); t[k].append(time.perf_counter() - s)
    return {k: statistics.median(v) for k, v in t.items()}

def speed(rounds):
    rows = []
    for k, n in ((1024, 64), (4096, 16)):
        b = speed_batch(n); m = speed_bert(); g = PerText(m); out = model_output(m); train = speed_bert()
        own = {f'promptlab, {c.__name__.lower()}': (lambda s=c(k): g(b, out, s), 4) for c in (Sketch, Factored)}
        schemes = {'training step': (lambda: training_step(train, b), 4), **own, 'traker fp32': (traker_step(k, b, rounds + 1), 1),
                   'kronfluence ekfac, fit': (kronfluence_step(b), 1)} | ({'dattri': (dattri_step(k, b), 1)} if n == 16 else {})
        own['promptlab, sketch'][0](); fresh = Sketch(k)   # the first call warms up, the second makes its hash tables anew
        with Memory() as mem: g(b, out, fresh)
        t = interleaved(schemes, rounds); base = t['training step']
        rows += [{'k': k, 'batch': n, 'scheme': s, 's per 1,000 texts': round(v / n * 1e3, 2), 'training steps': round(v / base, 1), 'times slower than promptlab': round(v / t['promptlab, sketch'], 1)} for s, v in t.items()]
        rows[-len(t) + 1]['extra MB'] = round(mem.extra); print(pd.DataFrame(rows[-len(t):]).to_string(index=False), f'\nextra memory of a batch of {n}: {mem.extra:.0f} MB', flush=True)
    return rows

# ---- fidelity: sketches against whole gradients, on every family ----

def families():
    "Small shapes of every family, with random weights"
    small = dict(vocab_size=500, hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128, max_position_embeddings=64, pad_token_id=0)
    gpt = dict(vocab_size=500, n_positions=64, n_embd=64, n_layer=2, n_head=2, bos_token_id=None, eos_token_id=None, pad_token_id=0); torch.manual_seed(0)
    return dict(BERT=tf.BertForSequenceClassification(tf.BertConfig(**small)), RoBERTa=tf.RobertaForSequenceClassification(tf.RobertaConfig(**{**small, 'max_position_embeddings': 66})),
                DistilBERT=tf.DistilBertForSequenceClassification(tf.DistilBertConfig(vocab_size=500, dim=64, n_layers=2, n_heads=2, hidden_dim=128)),
                MobileBERT=tf.MobileBertForSequenceClassification(tf.MobileBertConfig(**small, embedding_size=32, intra_bottleneck_size=32, true_hidden_size=32)),
                ELECTRA=tf.ElectraForSequenceClassification(tf.ElectraConfig(**small, embedding_size=32)), ALBERT=tf.AlbertForSequenceClassification(tf.AlbertConfig(**small, embedding_size=32)),
                ModernBERT=tf.ModernBertForSequenceClassification(tf.ModernBertConfig(**small, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2)),
                **{'GPT-2': tf.GPT2ForSequenceClassification(tf.GPT2Config(**gpt)), 'GPT-2, LM loss': tf.GPT2LMHeadModel(tf.GPT2Config(**gpt))},
                Llama=tf.LlamaForSequenceClassification(tf.LlamaConfig(**small, bos_token_id=1, eos_token_id=2)))

def off_diagonal(K): return K[~np.eye(len(K), dtype=bool)]

def fidelity(n):
    "Pearson correlation of kernels off the diagonal, and of TRAK scores of held-back texts, against whole gradients"
    rows = []
    for name, m in families().items():
        b = speed_batch(n, 500, 48); b = b if 'LM' not in name else {k: v for k, v in b.items() if k != 'labels'}
        m.eval(); g, out = PerText(m), model_output(m); few = {k: v[:4] for k, v in b.items()}; error = self_check(g, few, out)
        whole, _, q = g(b, out, Whole(g.sizes)); K = (whole @ whole.T).double().numpy(); row = {'family': name, 'parameters': sum(g.sizes.values()), 'error of gradients': f'{error:.0e}'}
        def scores(x):
            z, x, w = x[:n // 4].double(), x[n // 4:].double(), (q * (1 - q) if 'LM' not in name else torch.ones(n))[n // 4:].double()
            K = x @ x.T; r = w.sqrt(); lam = .02 * (K.diagonal() * w).sum(); c = z @ x.T
            return (c - (c * r) @ torch.linalg.solve(K * r * r[:, None] + lam * torch.eye(len(K)), r[:, None] * K)).numpy()
        for label, sketch in {'sketch 512': Sketch(512), 'sketch 4096': Sketch(4096), 'factored 4096': Factored(4096)}.items():
            x = g(b, out, sketch)[0]; row[f'kernel, {label}'] = np.corrcoef(off_diagonal((x @ x.T).double().numpy()), off_diagonal(K))[0, 1]; row[f'scores, {label}'] = np.corrcoef(scores(x).ravel(), scores(whole).ravel())[0, 1]
        rows.append(row); print(name, flush=True)
    print(pd.DataFrame(rows).round(4).to_string(index=False)); return rows

# ---- LDS ----

def with_interval(scores, masks, truth, positive):
    "LDS with a bootstrap interval over halves, and what is left of it beyond class balance"
    v = [bootstrap(lambda m, x: lds(scores, x, m, x @ positive if beyond else None).mean(), truth, masks, 100) for beyond in (False, True)]
    return {'LDS': [round(float(x), 3) for x in v[0]], 'beyond balance': [round(float(x), 3) for x in v[1]]}

def traker_scores(states, train, targets, k, lam):
    from trak import TRAKer
    base = pretrained('runs/attribution/bench/pretrained.safetensors'); base.set_attn_implementation('eager'); m = Masked(base); cols = lambda d: [d['input_ids'], torch.zeros_like(d['input_ids']), d['attention_mask'], d['labels']]
    n, to = len(train['labels']), len(targets['labels']); batches = lambda d: ([c[i:i + 100] for c in cols(d)] for i in range(0, len(d['labels']), 100)); states = [{f'model.{a}': v for a, v in s.items()} for s in states]
    t = TRAKer(model=m, task='text_classification', train_set_size=n, save_dir=tempfile.mkdtemp(), device='cpu', proj_dim=k, use_half_precision=False, logging_level=50, lambda_reg=lam)
    for i, s in enumerate(states):
        t.load_checkpoint(s, model_id=i)
        for b in batches(train): t.featurize(batch=b, num_samples=len(b[0]))
    t.finalize_features()
    for i, s in enumerate(states):
        t.start_scoring_checkpoint(exp_name='e', checkpoint=s, model_id=i, num_targets=to)
        for b in batches(targets): t.score(batch=b, num_samples=len(b[0]))
    return np.array(t.finalize_scores(exp_name='e')).astype(float)

def lds_bench(seeds, traker):
    "LDS of each method, from one training run a seed"
    Y, again = truth(); base = pretrained('runs/attribution/bench/pretrained.safetensors'); (train, _, wrong), (targets, _, _) = texts(2000, 11, .05), texts(200, 12, 0); n = len(wrong)
    masks, rows, to, positive = subsets(n, len(Y)), model_rows(train, base), model_rows(targets, base), train['labels'].numpy(); found, cost = {}, {}
    signs = np.where(train['labels'][:, None] == targets['labels'], 1., -1.)
    def add(name, scores): found.setdefault(name, []).append(with_interval(scores, masks, Y, positive)); print(name, found[name][-1], flush=True)
    def grad(m, states, **how):
        a = Attributor(m, progress=False, batch_size=64, **how)
        for state, w in states: a.featurize(train, state, w)
        return a.score(targets)
    def timed(name, f): s = time.perf_counter(); out = f(); cost.setdefault(name, []).append(round(time.perf_counter() - s, 1)); return out
    for seed in seeds:
        m = copy.deepcopy(base); kept = timed('one training run', lambda: fine_tune(m, rows, seed=seed, keep=(0, 2, 4, 7, 9), progress=False, **HOW)); four, last = kept[:4], kept[4:]
        with tempfile.TemporaryDirectory() as store:
            add('trak, four checkpoints (default)', timed('trak, four checkpoints', lambda: grad(m, four, folder=store))); add('trak, last checkpoint', grad(m, last, folder=store))
            for method in ('tracin', 'cosine'): add(f'{method}, four checkpoints', grad(m, four, folder=store, method=method))
            if seed == seeds[0]:
                for d in (.002, .2): add(f'trak, four checkpoints, damping {d}', grad(m, four, folder=store, damping=d))
        add('head, four checkpoints', grad(m, four, method='head'))
        if seed == seeds[0]:
            add('trak, last checkpoint, 1024', grad(m, last, proj_dim=1024)); add('trak, last checkpoint, four projections of 1024', sum(grad(m, last, proj_dim=1024, seed=p) for p in range(4)))
        a, b = representations(m, rows, progress=False), representations(m, to, progress=False); add('representation, signed', a @ b.T * signs)
        if traker and seed == seeds[0]:
            for lam in (0., 100.): add(f'traker 0.3.2, last checkpoint, 1024, lambda {lam:g}', timed('traker', lambda: traker_scores([last[0][0]], train, targets, 1024, lam)))
    add('label', signs); top = ceiling(np.stack([Y[:len(again)], again])); print(f'ceiling {top:.3f}'); return dict(lds=found, seconds=cost, ceiling=top)

def base(n, longest):
    "Time and memory of a BERT-base shape"
    torch.manual_seed(0); m = tf.BertForSequenceClassification(tf.BertConfig(vocab_size=28996)).eval(); b = speed_batch(n, 28996, longest, full=True); g, out = PerText(m), model_output(m); sketch = Sketch(4096)
    with Memory() as mem: g(b, out, sketch); s = time.perf_counter(); g(b, out, sketch); ours = time.perf_counter() - s
    training_step(m, b); s = time.perf_counter(); training_step(m, b); step = time.perf_counter() - s
    r = {'parameters': sum(g.sizes.values()), 'batch': n, 'tokens': longest, 's per 1,000 texts': round(ours / n * 1e3, 1), 'training steps': round(ours / step, 2), 'peak MB of the process': round(mem.whole), 'of these the features': round(mem.extra)}; print(r); return r

def main():
    a = argparse.ArgumentParser(description=__doc__.split('\n')[0]); a.add_argument('part', choices=['speed', 'fidelity', 'lds', 'base', 'truth']); a.add_argument('--rounds', type=int, default=2); a.add_argument('--threads', type=int, default=1)
    a.add_argument('--share', type=int, nargs=2, default=(0, 1), help='of the retrainings: the i-th of n shares'); a.add_argument('--seeds', type=int, nargs='+', default=[900, 901, 902]); a.add_argument('--no-traker', action='store_true')
    a = a.parse_args(); warnings.simplefilter('ignore'); tf.logging.set_verbosity_error(); torch.set_num_threads(a.threads)
    if a.part == 'truth': truth(tuple(a.share)); return
    got = dict(speed=lambda: speed(a.rounds), fidelity=lambda: fidelity(64), lds=lambda: lds_bench(a.seeds, not a.no_traker), base=lambda: base(8, 128))[a.part]()
    record(f'attribution-{a.part}', {'table': got} if isinstance(got, list) else got, RESULTS, model='see the rows, random weights' if a.part != 'lds' else 'BERT shape, 0.17M parameters', data='synthetic tokens',
           device='cpu', threads=a.threads, command=f'python benchmarks/attribution.py {a.part}', seed=0 if a.part != 'lds' else a.seeds); print(', '.join(f'{k} {v}' for k, v in provenance().items()))

if __name__ == '__main__': main()
