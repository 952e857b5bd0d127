"""Judges a mini pair, by default the one that ships: retrieval, plain shapes, reconstruction, and the guided loop seen by
another model.

    /usr/bin/python3 evaluate.py [--clip FILE.pt --vqgan FILE.ckpt] [--prompts 24 --steps 100 --cuts 8]

Prints one JSON line per figure, then every goal with what was reached; writes guided.png, reconstructions.png and
figures.json to --out. The judge must not have guided or taught: train it with another seed on another share of the
pictures (see README.md)."""
import argparse
import concurrent.futures
import json
import multiprocessing
import os
import pathlib

import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw

import clip
import guide
import measure
import memory
import shipped
import views
import vqgan
from train_vqgan import contact
from train_vqgan import measure as reconstruction

HERE = pathlib.Path(__file__).parent


def titled(pictures, titles, columns):
    """A sheet of pictures (B,3,H,W) in [0,1] with a line of text under each."""
    _, _, h, w = pictures.shape
    sheet = Image.new("RGB", (columns * (w + 8), -(-len(titles) // columns) * (h + 18)), "white")
    draw = ImageDraw.Draw(sheet)
    for i, (p, title) in enumerate(zip(pictures, titles)):
        x, y = i % columns * (w + 8), i // columns * (h + 18)
        sheet.paste(Image.fromarray((p.cpu() * 255 + 0.5).byte().permute(1, 2, 0).numpy()), (x, y))
        draw.text((x, y + h + 2), title, fill="black")
    return sheet


VIEWS = 4


def judged(judge, made, prompts, everything):
    """Similarities of pictures (B,3,H,W) to all prompts, summed over VIEWS, and the rank (0 first) of each one's own prompt."""
    texts = measure.embed_text(judge, everything, made.device)
    # The whole picture and slightly nearer ones, as a person's look would not hang on one framing.
    size = made.shape[-1]
    views_ = [made] + [made[:, :, i:size - size // 10 + i, i:size - size // 10 + i] for i in (0, size // 20, size // 10)]
    small = lambda x: F.interpolate(x, size=(64, 64), mode="bilinear", align_corners=False, antialias=True)
    sim = sum(measure.embed(judge, small(v)) for v in views_) @ texts.t()
    own = sim.gather(1, torch.tensor([everything.index(p) for p in prompts], device=made.device)[:, None])
    return sim, (sim > own).sum(1)


def goals(figures):
    """One line per goal: what is asked, what was reached. Where two figures answer a goal, the lower one counts."""
    lines = []

    def line(what, goal, result, unit=""):
        lines.append(f"{'met    ' if result >= goal else 'not met'}  {what}: goal {goal:g}{unit}, result {result:.3g}{unit}")

    g = figures["guided"]
    line(f"judge finds the prompt among {g['among']} ({g['prompts']} painted, {g['size']} px, {g['steps']} steps, {g['cuts']} cutouts)",
         60, 100 * g["judge_top1"], " %")
    if "clip" in figures:
        c = figures["clip"]
        line("coloured plain shapes named right among 120", 90, 100 * c["shapes"], " %")
        line("held-out pictures, R@5 among 256, the worse direction", 0.6, min(c["i2t_r5"], c["t2i_r5"]))
        line("reconstruction at 128 px, PSNR of the mean error", 24, figures["vqgan 128"]["psnr"], " dB")
    return lines


class Painter:
    """What one process paints with."""

    def __init__(self, args):
        memory.keep()
        if args.device == "cpu":  # a step is many small operations: processes side by side are faster than threads
            torch.set_num_threads(1)
        self.args = args
        self.clip = clip.load(args.clip, args.device).eval().requires_grad_(False)
        self.vqgan = vqgan.load(args.vqgan, args.device).eval().requires_grad_(False)
        self.start = shipped.start_codes(args.vqgan) if args.vqgan.is_dir() else vqgan.quiet_codes(self.vqgan)

    def paint(self, number, prompts):
        """Pictures of group `number` as an array (B,3,size,size): a group's draws are its own, whoever paints it."""
        a, g = self.args, torch.Generator(self.args.device).manual_seed(self.args.seed * 1_000_003 + number)
        text = measure.embed_text(self.clip, prompts, a.device).float()
        made = guide.paint(self.vqgan, self.clip, text, g, a.size, a.steps, a.cuts, rate=a.rate, start=self.start,
                           cut_pow=a.cut_pow, smoothness=a.smoothness)
        return made.cpu().numpy()


def prepare(args):
    global painter  # of a worker process
    painter = Painter(args)


def paint(number, prompts):
    return painter.paint(number, prompts)


def painted(args, prompts):
    """Pictures (N,3,size,size) of all prompts, four by four, by as many processes as there are cores or by one GPU."""
    groups = [prompts[i:i + 4] for i in range(0, len(prompts), 4)]
    workers = os.cpu_count() if args.device == "cpu" else 1
    made, spawn = [], multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(workers, spawn, prepare, (args,)) as pool:
        for group in pool.map(paint, range(len(groups)), groups):
            made.append(torch.from_numpy(group))
            contact(torch.cat(made), args.out / "guided.png")  # to look at while the rest is painted
            print(json.dumps({"painted": sum(map(len, made))}), flush=True)
    return torch.cat(made)


def figures_of_models(args, judge, say):
    """Says what the models do without guidance."""
    pictures = views.Pictures(args.data, 64, args.device)
    for name, m in (("clip", clip.load(args.clip, args.device).eval()), ("judge", judge)):
        say(name, {**measure.retrieval(m, pictures), **measure.shapes(m, pictures)})
    pictures, vq = views.Pictures(args.data, 128, args.device), vqgan.load(args.vqgan, args.device).eval()
    held = torch.tensor([i for i, r in enumerate(pictures.records) if r["held_out"]], device=args.device)[:256]
    for size in (64, 128):
        figure, shown = reconstruction(vq, pictures, held, size)
        say(f"vqgan {size}", figure)
    contact(shown, args.out / "reconstructions.png")


def prompts_of(path):
    return path.read_text().split("\n")[:-1]


def main():
    memory.keep()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=pathlib.Path, default=HERE / "data")
    parser.add_argument("--clip", type=pathlib.Path, default=shipped.MINI, help="file or model folder")
    parser.add_argument("--vqgan", type=pathlib.Path, default=shipped.MINI, help="file or model folder")
    parser.add_argument("--judge", type=pathlib.Path, default=HERE / "runs/judge/average.pt")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "runs/evaluation")
    parser.add_argument("--list", type=pathlib.Path, default=HERE / "prompts.txt", help="prompts to paint, judged among all of them")
    parser.add_argument("--prompts", type=int, default=100, help="how many of the list to paint")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--cuts", type=int, default=16)
    parser.add_argument("--rate", type=float, default=0.15)
    parser.add_argument("--cut-pow", type=float, default=0.3)
    parser.add_argument("--smoothness", type=float, default=0.25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--skip-figures", action="store_true", help="only the guided loop")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    figures = {}

    def say(name, value):
        figures[name] = value
        print(json.dumps({name: value}), flush=True)

    judge = clip.load(args.judge, args.device).eval().requires_grad_(False)
    if not args.skip_figures:
        figures_of_models(args, judge, say)
    everything = prompts_of(args.list)
    prompts = everything[:args.prompts]
    made = painted(args, prompts)
    sim, rank = judged(judge, made.to(args.device), prompts, everything)
    say("guided", {"prompts": len(prompts), "among": len(everything), "judge_top1": (rank < 1).float().mean().item(),
                   "judge_top5": (rank < 5).float().mean().item(), "median_rank": int(rank.median()) + 1,
                   "size": args.size, "steps": args.steps, "cuts": args.cuts})
    say("seen_as", {p: [int(r) + 1, everything[int(s.argmax())]] for p, r, s in zip(prompts, rank, sim)})
    titles = [f"{p} ({int(r) + 1})" for p, r in zip(prompts, rank)]
    titled(made, titles, 6).save(args.out / "guided.png")
    (args.out / "figures.json").write_text(json.dumps(figures, indent=1))
    print("\n".join(goals(figures)))


if __name__ == "__main__":
    main()
