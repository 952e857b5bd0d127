"""SqueezeNet 1.1 without classifier (ImageNet): the perceptual distance and the trunk of teacher and judge."""
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

WEIGHTS = pathlib.Path(__file__).parent / "squeezenet1.1/squeezenet1_1_notop.npz"
MEAN_BGR = (104.0, 116.67, 122.68)


class Fire(nn.Module):
    def __init__(self, cin, squeeze, expand):
        super().__init__()
        self.squeeze1x1 = nn.Conv2d(cin, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze1x1(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], 1)


class SqueezeNet(nn.Module):
    """forward: pictures (B,3,H,W) in [0,1] -> features at conv1, fire3, fire5, fire7, fire9.

    Strides and pads are chosen so that 64 px give maps of 32, 16, 8, 4, 4 (8x8 is CLIP's patch grid)."""

    WIDTHS = [64, 128, 256, 384, 512]

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, stride=2, padding=1)
        spec = {2: (64, 16, 64), 3: (128, 16, 64), 4: (128, 32, 128), 5: (256, 32, 128), 6: (256, 48, 192),
                7: (384, 48, 192), 8: (384, 64, 256), 9: (512, 64, 256)}
        for i, s in spec.items():
            setattr(self, f"fire{i}", Fire(*s))
        with np.load(WEIGHTS) as weights:
            self.load_state_dict({k.replace("/", "."): torch.from_numpy(weights[k]) for k in weights.files})
        self.register_buffer("mean", torch.tensor(MEAN_BGR).view(1, 3, 1, 1), persistent=False)

    def forward(self, x):
        pool = lambda t: F.max_pool2d(t, 3, 2, padding=1)
        f = [F.relu(self.conv1(x.flip(1) * 255 - self.mean))]
        f.append(self.fire3(self.fire2(pool(f[-1]))))
        f.append(self.fire5(self.fire4(pool(f[-1]))))
        f.append(self.fire7(self.fire6(pool(f[-1]))))
        f.append(self.fire9(self.fire8(f[-1])))
        return f


def distance(net, x, y):
    """Mean over layers of the squared distance of channel-normalised features, as LPIPS without learned weights."""
    with torch.no_grad():
        fy = net(y)
    fx = net(x)
    unit = lambda t: t * torch.rsqrt(t.square().sum(1, keepdim=True) + 1e-4)
    return sum((unit(a) - unit(b)).square().sum(1).mean() for a, b in zip(fx, fy)) / len(fx)
