"""Trains the mini CLIP (--tower vit) or a teacher or judge on SqueezeNet's trunk (--tower squeezenet).

    /usr/bin/python3 train_clip.py --tower squeezenet --name teacher --minutes 20
    /usr/bin/python3 train_clip.py --tower squeezenet --name judge --minutes 20 --seed 7 --parts 0.8
    /usr/bin/python3 train_clip.py --name clip --minutes 60 --teacher runs/teacher/average.pt --vqgan runs/vqgan/vqgan_mini.ckpt

Writes runs/NAME/: log.jsonl, average.pt, last.pt (to resume); for a ViT clip_mini.pt, .json and merges, guided.png."""
import argparse
import itertools
import json
import math
import pathlib
import time

import torch
import torch.nn.functional as F

import clip
import colours
import guide
import measure
import memory
import scenes
import shapes
import views
import vqgan
from optimise import Average, Optimiser, clock
from train_vqgan import contact

HERE = pathlib.Path(__file__).parent
PROMPTS = ["a red apple", "a yellow star", "a blue heart", "a green tree", "a smiling face", "a cat", "a house", "a red rose"]


def agreement(pictures, teachers, texts, scale):
    """How far the pictures' odds over the texts are from those that the teacher's embeddings of them give (KL divergence)."""
    odds = F.softmax(scale * F.normalize(teachers.float(), dim=-1) @ texts.t(), -1)
    return F.kl_div(F.log_softmax(scale * pictures @ texts.t(), -1), odds, reduction="batchmean")


def doubles(a, b):
    """Which keys (thing, colour) of a and b must not be told apart: the same thing in one colour, or in an unsaid one."""
    thing = a[:, None, 0] == b[None, :, 0]
    first, second = a[:, None, 1], b[None, :, 1]
    return thing & ((first == second) | (first == 0) | (second == 0))


def contrast(pictures, texts, keys, fakes, scale, earlier=None):
    """Symmetric contrastive loss. Doubles of another picture are left out; fakes and earlier captions (embeddings, keys)
    only serve as negatives."""
    own = torch.arange(len(keys), device=texts.device)
    other = doubles(keys, keys).fill_diagonal_(False)
    logits = (scale * pictures @ texts.t()).masked_fill(other, -1e4)
    to_picture = torch.cat([logits.t(), scale * texts @ fakes.t()], 1)
    if earlier is not None:
        far = (scale * pictures @ earlier[0].t()).masked_fill(doubles(keys, earlier[1]), -1e4)
        logits = torch.cat([logits, far], 1)
    return (F.cross_entropy(logits, own) + F.cross_entropy(to_picture, own)) / 2


class Queue:
    """The captions of the last batches with their keys, as further negatives for pictures."""

    def __init__(self, size):
        self.size, self.ids, self.held = size, {None: 0}, None

    def number(self, keys, device):
        """Keys as numbers (B,2); 0 stands for no colour."""
        pairs = [[self.ids.setdefault(part, len(self.ids)) for part in key] for key in keys]
        return torch.tensor(pairs, device=device)

    def add(self, texts, keys):
        new = (texts.detach(), keys)
        self.held = new if self.held is None else tuple(torch.cat(p)[-self.size:] for p in zip(self.held, new))


class Distillation(torch.nn.Module):
    """Makes the student's inner states tell the teacher's feature maps, and its embedding the teacher's embedding."""

    def __init__(self, tower):
        super().__init__()
        fine, coarse = (clip.VISION["width"],) * 2 if tower == "vit" else (8 * clip.RESNET["width"], 16 * clip.RESNET["width"])
        self.fine, self.coarse = torch.nn.Linear(fine, 256), torch.nn.Linear(coarse, 512)

    def forward(self, embedding, states, target, maps, keep=None):
        """keep: indices (B,k) of the patches that a ViT's states hold; None: all."""
        near = lambda a, b: 1 - F.cosine_similarity(a.float(), b.float(), dim=-1).mean()
        tokens = lambda m: m.flatten(2).transpose(1, 2)
        if states[0].ndim == 3:  # a ViT has 64 tokens throughout
            own = states[1][:, 1:], states[3][:, 1:]
            theirs = tokens(maps[2]), tokens(F.interpolate(maps[4], scale_factor=2.0, mode="bilinear"))
            theirs = theirs if keep is None else [clip.taken(t, keep) for t in theirs]
        else:
            own, theirs = (tokens(states[1]), tokens(states[2])), (tokens(maps[2]), tokens(maps[4]))
        return near(embedding, target) + 0.5 * near(self.fine(own[0]), theirs[0]) + 0.5 * near(self.coarse(own[1]), theirs[1])


def telling_patches(x, count, g):
    """Indices (B,count) of patches to see, mostly those where something happens: half the patches cost half the time."""
    size = clip.PATCH
    spread = F.avg_pool2d(x.square(), size) - F.avg_pool2d(x, size).square()
    score = spread.clamp(min=0).sum(1).sqrt().flatten(1)
    return (score + torch.rand(score.shape, generator=g, device=x.device) * 0.4).topk(count, sorted=False).indices


def patches(pictures, choice, g, count=4000):
    """Normalised 8x8 patches of scenes, for the patch embedding's start."""
    x, _, _ = scenes.Scenes(pictures, choice).draw(g, 128, 64, 0)
    mean, std = (torch.tensor(v, device=x.device).view(1, 3, 1, 1) for v in (clip.MEAN, clip.STD))
    p = F.unfold((x - mean) / std, 8, stride=8).transpose(1, 2).reshape(-1, 3, 8, 8)
    return p[torch.randperm(len(p), generator=g, device=x.device)[:count]]


class Fakes:
    """Pictures that guidance is painting to please the model, in every state from start to end: negatives, and views for
    which the teacher says what they show."""

    groups, batch, life, size = 8, 6, 80, 256

    def __init__(self, vq):
        self.vq, self.paintings, self.pool, self.turn = vq, [None] * self.groups, None, 0

    def add(self, model, texts, g):
        """One step of one group of paintings; texts are for a group that begins."""
        k, self.turn = self.turn % self.groups, self.turn + 1
        if self.paintings[k] is None or self.turn // self.groups % self.life == k * self.life // self.groups:
            start = None if k % 2 else float(torch.rand((), generator=g, device=g.device))
            self.paintings[k] = guide.Painting(self.vq, model, texts[:self.batch], g, size=64, cuts=4, rate=0.15, start=start)
        made = self.paintings[k].step()
        self.pool = made if self.pool is None else torch.cat([self.pool, made])[-self.size:]

    def take(self, n, g):
        return self.pool[torch.randint(len(self.pool), (n,), generator=g, device=self.pool.device)]


class Attack:
    """Adversarial training for free (Shafahi et al. 2019): pictures x (B,3,S,S) again and again, moved along the last pass's
    input gradient by a length of each picture's own, between 0.2 and reach."""

    def __init__(self, x, g, reach):
        self.x, self.delta = x.detach(), torch.zeros_like(x)
        self.length = views.uniform(g, len(x), 0.2, reach)[:, None, None, None]

    def moved(self, gradient):
        unit = lambda d: d / d.flatten(1).norm(dim=1).clamp(min=1e-12)[:, None, None, None]
        self.delta = self.length * unit(self.delta + self.length * unit(gradient))
        return (self.x + self.delta).clamp(0, 1)


def load_start(model, path):
    """Takes over every weight of the same name and shape from a state dict or a converted folder (any text tower serves a
    teacher, too)."""
    saved = clip.load(path).state_dict() if path.is_dir() else torch.load(path, map_location="cpu")
    own = model.state_dict()
    same = {k: v.float() for k, v in saved.items() if k in own and own[k].shape == v.shape}
    model.load_state_dict(same, strict=False)
    return len(same)


def main():
    memory.keep()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=pathlib.Path, default=HERE / "data")
    parser.add_argument("--name", default="clip")
    parser.add_argument("--tower", choices=["resnet", "vit", "squeezenet"], default="resnet")
    parser.add_argument("--init", type=pathlib.Path, help="start from the weights of this state dict or converted folder")
    parser.add_argument("--teacher", type=pathlib.Path, help="average.pt of a SqueezeNet tower; its text tower is taken over")
    parser.add_argument("--vqgan", type=pathlib.Path, help="checkpoint for reconstructions and guided negatives")
    parser.add_argument("--minutes", type=float, default=60, help="of work (processor time on a CPU)")
    parser.add_argument("--until", type=float, default=math.inf, help="stop after so many of the minutes, to be resumed")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--parts", type=float, default=1, help="share of the training pictures to use, chosen by the seed")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--attack", type=float, default=2.0, help="largest L2 length of the adversarial steps (0: none)")
    parser.add_argument("--repeats", type=int, default=1, help="adversarial steps per batch")
    parser.add_argument("--attack-from", type=float, default=0.6, help="share of the time after which they begin")
    parser.add_argument("--vqgan-from", type=float, default=0.4, help="share of the time after which reconstructions begin")
    parser.add_argument("--sparse", type=int, default=32, help="patches a ViT sees of each picture at first")
    parser.add_argument("--sparse-until", type=float, default=0.5, help="share of the time after which it sees all 64")
    parser.add_argument("--queue", type=int, default=2048, help="earlier captions that serve as negatives (with --teacher)")
    args = parser.parse_args()

    run, dev = HERE / "runs" / args.name, args.device
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    g = torch.Generator(dev).manual_seed(args.seed)
    pictures = views.Pictures(args.data, 64, dev)
    chosen = torch.rand(len(pictures.records), generator=torch.Generator().manual_seed(args.seed)) < args.parts
    choice = [i for i, r in enumerate(pictures.records) if not r["held_out"] and chosen[i]]
    source, tokenizer = scenes.Scenes(pictures, choice), clip.Tokenizer()
    model = clip.CLIP(args.tower).to(dev, memory_format=torch.channels_last)
    if args.tower == "vit" and not args.init:
        clip.start_as_convolution(model.visual, patches(pictures, choice, g))
    if args.init:
        print(f"took over {load_start(model, args.init)} tensors of {args.init}")
        if args.init.is_dir() and args.tower == "resnet":
            clip.refit_norms(model.visual, scenes.disturb(source.draw(g, 512, 64, args.seed)[0], g))
    teacher = distillation = None
    if args.teacher:
        teacher = clip.load(args.teacher, dev).eval().requires_grad_(False)
        load_start(model, args.teacher)
        distillation = Distillation(args.tower).to(dev)
        for name, p in model.named_parameters():  # pictures learn to meet the teacher's texts, which stay where they are
            p.requires_grad_(name.startswith("visual.") or name == "logit_scale")
    table = {(form, colour): i for i, (colour, form) in enumerate(itertools.product(colours.RGB, shapes.drawings()))}
    if teacher:
        table_texts = measure.embed_text(model, [f"a {colour} {form}" for form, colour in table], dev).float()
    queue = Queue(args.queue)
    trained = torch.nn.ModuleList([model] + ([distillation] if distillation else []))
    vq = vqgan.load(args.vqgan, dev).eval().requires_grad_(False) if args.vqgan else None
    fakes = Fakes(vq)
    average = Average(model)
    matrix = lambda name: any(part in name for part in ("resblocks", "fire", "layer")) and "weight" in name
    optimiser = Optimiser(trained, args.lr, matrix)
    step, spent = 0, 0.0
    if (run / "last.pt").exists():
        saved = torch.load(run / "last.pt", map_location=dev)
        step, spent, average.steps, fakes.pool = saved["step"], saved["seconds"], saved["step"], saved["fakes"]
        trained.load_state_dict(saved["trained"])
        average.model.load_state_dict(saved["average"])
        optimiser.load_state_dict(saved["optimiser"])
    log, last_note, start, repeats = (run / "log.jsonl").open("a"), time.time(), clock(args.device) - spent, 0

    def note(line):
        print(json.dumps(line), flush=True)
        log.write(json.dumps(line) + "\n")
        log.flush()

    while True:
        seconds = clock(args.device) - start
        progress = seconds / (60 * args.minutes)
        stop = progress >= 1 or seconds >= 60 * args.until
        if step == 0 or stop or time.time() - last_note > 240:
            last_note = time.time()
            note({"step": step, "seconds": round(seconds), **measure.retrieval(average.model, pictures),
                  **measure.shapes(average.model, pictures)})
            torch.save({"step": step, "seconds": seconds, "trained": trained.state_dict(), "fakes": fakes.pool,
                        "average": average.model.state_dict(), "optimiser": optimiser.state_dict()}, run / "last.pt")
            torch.save(average.model.state_dict(), run / "average.pt")
            if args.tower != "squeezenet":
                clip.save(average.model, run)
        if stop:
            break

        if repeats:
            x, repeats = attack.moved(x.grad), repeats - 1
        else:
            attacking = args.attack > 0 and progress >= args.attack_from
            g.manual_seed(args.seed * 1_000_003 + step)
            clean, captions, keys = source.draw(g, args.batch, 64, args.seed * 1_000_003 + step)
            tokens, forms = tokenizer(captions).to(dev), [table.get(k, -1) for k in keys]
            keys = queue.number(keys, dev)
            with torch.no_grad(), torch.autocast(torch.device(dev).type, torch.bfloat16):
                if vq and progress >= args.vqgan_from and torch.rand((), generator=g, device=dev) < 0.6:
                    part = args.batch // 8
                    clean[:part] = (vq(clean[:part] * 2 - 1).float() * 0.5 + 0.5).clamp(0, 1)
                if vq and attacking:
                    with torch.enable_grad():
                        fakes.add(average.model, measure.embed_text(model, captions[:fakes.batch], dev).float(), g)
                    clean = torch.cat([clean, fakes.take(args.batch // 8, g)])
                x = scenes.disturb(clean, g)
                if teacher:
                    target, maps = teacher.visual(x)
            if attacking:
                attack, repeats = Attack(x, g, args.attack), args.repeats
        x.requires_grad_(repeats > 0)
        keep = telling_patches(x.detach(), args.sparse, g) if args.tower == "vit" and progress < args.sparse_until else None
        with torch.autocast(torch.device(dev).type, torch.bfloat16):
            raw, states = model.visual(x, keep) if args.tower == "vit" else model.visual(x)
            text = model.encode_text(tokens)
        embedding, text, n, scale = F.normalize(raw.float(), dim=-1), text.float(), args.batch, model.logit_scale.clamp(max=4.6).exp()
        loss = contrast(embedding[:n], text, keys, embedding[n:], scale, queue.held)
        total = loss
        if teacher:
            with torch.autocast(torch.device(dev).type, torch.bfloat16):
                total = loss + 1.5 * distillation(raw, states, target, maps, keep)
            total = total + 0.5 * agreement(embedding, target, text if queue.held is None else torch.cat([text, queue.held[0]]), scale)
            plain = [i for i, form in enumerate(forms) if form >= 0]
            if plain:
                named = torch.tensor([forms[i] for i in plain], device=dev)
                total = total + 0.5 * F.cross_entropy(scale * embedding[plain] @ table_texts.t(), named)
        total.backward()
        if teacher and not repeats:  # texts that still move would tell the old captions from the new by their age
            queue.add(text.float(), keys)
        lr = optimiser.step(progress)
        average.update(model)
        step += 1
        if step % 50 < 2:
            note({"step": step, "seconds": round(clock(args.device) - start), "repeats": repeats,
                  "lr": round(lr, 6), "loss": round(total.item(), 4), "contrast": round(loss.item(), 4)})

    if vq:
        texts = measure.embed_text(average.model, PROMPTS, dev).float()
        contact(guide.paint(vq, average.model, texts, g, size=64, steps=80, cuts=8), run / "guided.png")


if __name__ == "__main__":
    main()
