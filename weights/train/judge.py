"""Ranks pictures by a CLIP that did not guide them: reads lines {"file": PNG, "prompt": TEXT}, and prints {"judge"} and a list of {"rank", "score"}.

    /usr/bin/python3 judge.py [--judge FILE.pt] [--list prompts.txt] < lines

rank is the place of the picture's own prompt among those of the list, from 1; score is the cosine of picture and prompt, the mean of four views; judge
names the judge by its weights."""
import argparse
import hashlib
import json
import pathlib
import sys

import numpy as np
import torch
from PIL import Image

import clip
import evaluate


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--judge", type=pathlib.Path, default=evaluate.HERE / "runs/judge/average.pt")
    parser.add_argument("--list", type=pathlib.Path, default=evaluate.HERE / "prompts.txt")
    args = parser.parse_args()
    lines = [json.loads(line) for line in sys.stdin]
    judge, everything = clip.load(args.judge, "cpu").eval().requires_grad_(False), evaluate.prompts_of(args.list)
    print(json.dumps({"judge": hashlib.sha256(args.judge.read_bytes()).hexdigest()[:12]}))
    answers = []
    for line in lines:
        pixels = np.array(Image.open(line["file"]).convert("RGB"))
        picture = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
        similarity, rank = evaluate.judged(judge, picture, [line["prompt"]], everything)
        score = similarity[0, everything.index(line["prompt"])].item() / evaluate.VIEWS
        answers.append({"rank": int(rank) + 1, "score": score})
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
