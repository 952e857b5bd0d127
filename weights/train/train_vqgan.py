"""Trains the mini VQGAN: L1, L2, perceptual distance, a codebook by moving averages; a patch discriminator if asked.

    /usr/bin/python3 train_vqgan.py --minutes 60 [--init FILE.ckpt] [--device cuda]

Writes runs/NAME/: log.jsonl, contact.png, last.pt (to resume), vqgan_mini.ckpt and .yaml (taming's layout)."""
import argparse
import json
import pathlib
import time

import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

import memory
import squeezenet
import views
import vqgan
from optimise import Average, Optimiser, clock

HERE = pathlib.Path(__file__).parent


class Codebook:
    """Codes as moving averages of the latents they won; codes that win nothing restart at a random latent."""

    def __init__(self, embedding, decay=0.99):
        self.weight, self.decay = embedding.weight.data, decay
        self.count = torch.ones(len(self.weight), device=self.weight.device)
        self.total = self.weight.clone()

    def update(self, flat, index, g):
        hits = torch.bincount(index, minlength=len(self.count)).float()
        sums = torch.zeros_like(self.total).index_add_(0, index, flat)
        self.count.mul_(self.decay).add_(hits, alpha=1 - self.decay)
        self.total.mul_(self.decay).add_(sums, alpha=1 - self.decay)
        dead = (self.count < 0.02).nonzero()[:, 0]
        if len(dead):
            pick = torch.randint(len(flat), (len(dead),), generator=g, device=flat.device)
            self.total[dead], self.count[dead] = flat[pick], 1.0
        self.weight.copy_(self.total / self.count[:, None])


def discriminator():
    """A patch discriminator of 16 px fields."""
    layer = lambda i, o, s: [nn.Conv2d(i, o, 4, s, 1), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layer(3, 48, 2), *layer(48, 96, 2), *layer(96, 96, 1), nn.Conv2d(96, 1, 3, padding=1))


@torch.no_grad()
def measure(model, pictures, index, size):
    """PSNR of the mean error, mean PSNR (dB) and perceptual distance on plain white pictures; codes in use."""
    net = squeezenet.SqueezeNet().to(pictures.device)
    errors, far, used, shown = [], [], set(), []
    for part in index.split(16):
        x = views.plain(pictures, part, size)
        z = model.encode(x * 2 - 1)
        used.update(model.nearest(z).tolist())
        y = (model.decode(model.quantized(z)).float() * 0.5 + 0.5).clamp(0, 1)
        errors.append((y - x).square().mean((1, 2, 3)))
        far.append(squeezenet.distance(net, y, x))
        if len(shown) < 4:
            shown.append(torch.cat([x[:8], y[:8]]))
    e = torch.cat(errors)
    return {"psnr": -10 * e.mean().log10().item(), "psnr_each": (-10 * e.log10()).mean().item(),
            "perceptual": torch.stack(far).mean().item(), "codes": len(used)}, torch.cat(shown)


def contact(pictures, path, columns=8):
    """Saves (B,3,H,W) in [0,1] as one picture."""
    b, _, h, w = pictures.shape
    rows = -(-b // columns)
    sheet = torch.ones(3, rows * h, columns * w)
    for i, p in enumerate(pictures.cpu()):
        sheet[:, i // columns * h:(i // columns + 1) * h, i % columns * w:(i % columns + 1) * w] = p
    Image.fromarray((sheet.clamp(0, 1) * 255 + 0.5).byte().permute(1, 2, 0).numpy()).save(path)


def main():
    memory.keep()
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=pathlib.Path, default=HERE / "data")
    parser.add_argument("--name", default="vqgan")
    parser.add_argument("--init", type=pathlib.Path, help="start from this taming checkpoint")
    parser.add_argument("--minutes", type=float, default=60, help="of work (processor time on a CPU)")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--gan", type=float, default=0, help="weight of the patch discriminator in the second half")
    args = parser.parse_args()

    run = HERE / "runs" / args.name
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    pictures = views.Pictures(args.data, 128, args.device)
    held = torch.tensor([i for i, r in enumerate(pictures.records) if r["held_out"]], device=args.device)[:256]
    choice = torch.tensor([i for i, r in enumerate(pictures.records) if not r["held_out"]], device=args.device)
    model = vqgan.load(args.init, args.device) if args.init else vqgan.VQGAN().to(args.device)
    average, codebook = Average(model), Codebook(model.quantize.embedding)
    optimiser = Optimiser(model, args.lr, lambda name: "conv" in name and "conv_out" not in name)
    features = squeezenet.SqueezeNet().to(args.device).requires_grad_(False)
    judge = discriminator().to(args.device)
    judge_optimiser = torch.optim.AdamW(judge.parameters(), 4e-4, betas=(0.5, 0.9))
    step, spent = 0, 0.0
    if (run / "last.pt").exists():
        saved = torch.load(run / "last.pt", map_location=args.device)
        step, spent = saved["step"], saved["seconds"]
        for part, state in ((model, "model"), (average.model, "average"), (optimiser, "optimiser"), (judge, "judge")):
            part.load_state_dict(saved[state])
        codebook.count, codebook.total, average.steps = saved["count"], saved["total"], step
    log = (run / "log.jsonl").open("a")
    start, last_note, g = clock(args.device) - spent, time.time(), torch.Generator(args.device)

    while True:
        seconds = clock(args.device) - start
        progress = seconds / (60 * args.minutes)
        due = time.time() - last_note > 240 or progress >= 1
        if due or step == 0:
            last_note = time.time()
            figures, shown = measure(average.model, pictures, held, args.size)
            line = {"step": step, "seconds": round(seconds), **figures}
            print(json.dumps(line), flush=True)
            log.write(json.dumps(line) + "\n")
            log.flush()
            contact(shown, run / "contact.png")
            torch.save({"step": step, "seconds": seconds, "model": model.state_dict(),
                        "average": average.model.state_dict(), "optimiser": optimiser.state_dict(),
                        "judge": judge.state_dict(), "count": codebook.count, "total": codebook.total}, run / "last.pt")
            vqgan.save(average.model, run / "vqgan_mini.ckpt", step)
        if progress >= 1:
            break
        g.manual_seed(args.seed * 1_000_003 + step)
        x = views.crops(pictures, choice, g, args.batch, args.size)
        with torch.autocast(torch.device(args.device).type, torch.bfloat16):
            z = model.encode(x * 2 - 1)
            q = model.quantized(z.float())
            y = model.decode(q).float() * 0.5 + 0.5
            perceptual = squeezenet.distance(features, y, x)
            adversarial = torch.zeros((), device=x.device)
            if args.gan and progress > 0.5:
                adversarial = -judge(y * 2 - 1).float().mean()
        error = y - x
        commit = (z.float() - q.detach()).square().mean()
        loss = error.abs().mean() + 2 * error.square().mean() + 0.25 * commit + 0.25 * perceptual + args.gan * adversarial
        loss.backward()
        index = model.nearest(z.detach())
        codebook.update(z.detach().float().permute(0, 2, 3, 1).reshape(-1, vqgan.EMBED), index, g)
        lr = optimiser.step(progress)
        average.update(model)
        if args.gan and progress > 0.5:
            judge_optimiser.zero_grad()
            (F.relu(1 - judge(x * 2 - 1)).mean() + F.relu(1 + judge(y.detach() * 2 - 1)).mean()).backward()
            judge_optimiser.step()
        step += 1
        if step % 50 == 0:
            line = {"step": step, "seconds": round(clock(args.device) - start), "lr": round(lr, 6), "l1": error.abs().mean().item(),
                    "l2": error.square().mean().item(), "perceptual_train": perceptual.item(), "commit": commit.item()}
            log.write(json.dumps(line) + "\n")
            log.flush()


if __name__ == "__main__":
    main()
