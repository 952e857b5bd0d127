"""Averages the weights of models that went on from one state with different seeds (Wortsman et al. 2022, "Model soups").

    /usr/bin/python3 merge.py runs/clip runs/clip-b -o runs/merged

Writes what train_clip.py writes of a model: average.pt, clip_mini.pt and the merges."""
import argparse
import pathlib

import torch

import clip


def mean(states):
    """The mean of state dicts of equal names; counters are the first one's."""
    first, *_ = states
    return {k: sum(s[k] for s in states) / len(states) if v.dtype.is_floating_point else v for k, v in first.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("runs", nargs="+", type=pathlib.Path, help="folders of train_clip.py")
    parser.add_argument("-o", "--out", required=True, type=pathlib.Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.save(mean([torch.load(run / "average.pt") for run in args.runs]), args.out / "average.pt")
    clip.save(clip.load(args.out / "average.pt"), args.out)


if __name__ == "__main__":
    main()
