"""PyTorch on the workloads that come as JSON on standard input; one line of JSON per workload goes out, as ../result.go reads it.

It runs on the GPU where PyTorch sees one, and on the processor otherwise, eagerly and in float32.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F

SAMPLE = 512  # as sampleSize in ../seeded.go
PATIENCE = 20  # seconds, as patience in ../workloads.go


def values(a):
    """Seeded numbers: see values in ../seeded.go, which this must agree with to the bit. int64 holds every product of 32 bits."""
    n = 1
    for s in a["shape"]:
        n *= s
    mask = 0xFFFFFFFF

    def times(h, factor):  # modulo 2^32, in two halves so that nothing overflows
        return ((h * (factor & 0xFFFF)) + (((h * (factor >> 16)) & 0xFFFF) << 16)) & mask

    h = torch.arange(n, dtype=torch.int64) ^ ((a["seed"] * 0x9E3779B9) & mask)
    h = times(h ^ (h >> 16), 0x7FEB352D)
    h = times(h ^ (h >> 15), 0x846CA68B)
    h = h ^ (h >> 16)
    u = (h >> 8).float() / 8388608 - 1
    return (u * torch.tensor(a["scale"]) + torch.tensor(a["offset"])).reshape(a["shape"])


class Model:
    """What a workload computes. Pictures are [n, c, h, w], tokens [n, t, c]."""

    def __init__(self, workload, device):
        self.workload = workload
        self.w = {a["name"]: values(a).to(device) for a in workload["weights"]}

    def __call__(self, x):
        return getattr(self, self.workload["kind"])(x)

    def linear(self, x):
        return F.linear(x, self.w["weight"])

    def conv(self, x):
        return F.conv2d(x, self.w["weight"], padding=1)

    def attention(self, x, heads=None):
        heads = heads or self.workload["heads"]
        n, t, c = x.shape
        q, k, v = x.reshape(n, t, 3, heads, c // 3 // heads).permute(2, 0, 3, 1, 4)
        p = (q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5).softmax(-1)
        return (p @ v).transpose(1, 2).reshape(n, t, c // 3)

    def block(self, x):
        p, w = self.workload["prefix"], self.w

        def norm(x, name):
            return F.layer_norm(x, x.shape[-1:], w[p + name + ".weight"], w[p + name + ".bias"], 1e-5)

        def linear(x, weight, bias):
            return F.linear(x, w[p + weight], w[p + bias])

        qkv = linear(norm(x, "ln_1"), "attn.in_proj_weight", "attn.in_proj_bias")
        x = x + linear(self.attention(qkv), "attn.out_proj.weight", "attn.out_proj.bias")
        h = linear(norm(x, "ln_2"), "mlp.c_fc.weight", "mlp.c_fc.bias")
        return x + linear(h * torch.sigmoid(1.702 * h), "mlp.c_proj.weight", "mlp.c_proj.bias")

    def decoder(self, x):
        c, w = self.workload["vqgan"], self.w

        def conv(x, name):
            k = w[name + ".weight"]
            return F.conv2d(x, k, w[name + ".bias"], padding=k.shape[2] // 2)

        def norm(x, name):
            return F.group_norm(x, 32, w[name + ".weight"], w[name + ".bias"], 1e-6)

        def residual(x, name):
            h = conv(F.silu(norm(x, name + ".norm1")), name + ".conv1")
            h = conv(F.silu(norm(h, name + ".norm2")), name + ".conv2")
            return (conv(x, name + ".nin_shortcut") if name + ".nin_shortcut.weight" in w else x) + h

        def attention(x, name):
            n, ch, height, width = x.shape
            h = norm(x, name + ".norm")
            q, k, v = (conv(h, f"{name}.{part}").reshape(n, ch, -1) for part in "qkv")
            p = (q.transpose(1, 2) @ k * ch**-0.5).softmax(-1)
            return x + conv((v @ p.transpose(1, 2)).reshape(x.shape), name + ".proj_out")

        x = conv(conv(x, "post_quant_conv"), "decoder.conv_in")
        x = residual(x, "decoder.mid.block_1")
        x = attention(x, "decoder.mid.attn_1")
        x = residual(x, "decoder.mid.block_2")
        for level in reversed(range(len(c["ch_mult"]))):
            for i in range(c["num_res_blocks"] + 1):
                x = residual(x, f"decoder.up.{level}.block.{i}")
                if c["resolution"] >> level in c["attn_resolutions"]:
                    x = attention(x, f"decoder.up.{level}.attn.{i}")
            if level > 0:
                x = conv(F.interpolate(x, scale_factor=2.0, mode="nearest"), f"decoder.up.{level}.upsample.conv")
        return conv(F.silu(norm(x, "decoder.norm_out")), "decoder.conv_out")


def job(workload, device):
    """Returns a function that does the workload once and gives its result, channels last."""
    picture = workload["kind"] in ("conv", "decoder")

    def put(a):
        x = values(a)
        return (x.permute(0, 3, 1, 2).contiguous() if picture else x.flatten(1, 2)).to(device)

    model, x = Model(workload, device), put(workload["input"])
    direction = workload["direction"]
    dy = None if direction == "forward" else put(workload["gradient"])

    def run():
        if direction == "forward":
            with torch.no_grad():
                y = model(x)
        elif direction == "gradient":
            y = torch.nn.grad.conv2d_input(x.shape, model.w["weight"], dy, padding=1)
        else:
            leaf = x.detach().requires_grad_()
            (y,) = torch.autograd.grad(model(leaf), leaf, dy)
        if device == "cuda":
            torch.cuda.synchronize()
        return y.permute(0, 2, 3, 1) if picture else y

    return run


def step(s):
    """Returns a function that makes one guided step as the notebook of 2021 does: VQGAN in float32, CLIP in float16, gradients to z alone.

    The weights are random and the cutouts regular, neither of which changes the time.
    """
    vqgan, clip = s["vqgan"], s["clip"]
    decoder = Model({"vqgan": vqgan, "weights": s["decoder"]}, "cuda")
    image = Model({"heads": clip["vision_heads"], "weights": s["image"]}, "cuda")
    image.w = {name: w.half() for name, w in image.w.items()}
    codebook = torch.randn(vqgan["n_embed"], vqgan["embed_dim"], device="cuda")
    low, high = codebook.min(0).values[None, :, None, None], codebook.max(0).values[None, :, None, None]
    z = torch.randn(1, vqgan["embed_dim"], s["side"], s["side"], device="cuda", requires_grad=True)
    target = F.normalize(torch.randn(1, clip["embed_dim"], device="cuda"), dim=1)
    mean, std = (torch.tensor(clip[k], device="cuda")[None, :, None, None] for k in ("mean", "std"))
    optimiser = torch.optim.Adam([z], lr=0.1)
    size = clip["image_size"]

    def quantise(z):
        x = z.permute(0, 2, 3, 1)
        d = x.pow(2).sum(-1, keepdim=True) + codebook.pow(2).sum(1) - 2 * x @ codebook.T
        q = codebook[d.argmin(-1)].permute(0, 3, 1, 2)
        return z + (q - z).detach()

    def encode(x):
        w = image.w
        x = F.conv2d(x, w["visual.conv1.weight"], stride=clip["patch_size"]).flatten(2).transpose(1, 2)
        cls = w["visual.class_embedding"].expand(len(x), 1, -1)
        x = torch.cat([cls, x], 1) + w["visual.positional_embedding"]

        def norm(x, name):
            return F.layer_norm(x, x.shape[-1:], w[name + ".weight"], w[name + ".bias"], 1e-5)

        x = norm(x, "visual.ln_pre")
        for i in range(clip["vision_layers"]):
            image.workload["prefix"] = f"visual.transformer.resblocks.{i}."
            x = image.block(x)
        return norm(x[:, 0], "visual.ln_post") @ w["visual.proj"]

    def run():
        picture = (decoder.decoder(quantise(z)) + 1) / 2
        cutouts = F.adaptive_avg_pool2d(picture.clamp(0, 1), size).expand(s["cutouts"], -1, -1, -1)
        e = F.normalize(encode(((cutouts - mean) / std).half()).float(), dim=1)
        loss = (e - target).norm(dim=1).div(2).arcsin().pow(2).mul(2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            z.copy_(z.maximum(low).minimum(high))
        torch.cuda.synchronize()
        return loss.detach()

    return run


def sample(y):
    v = y.float().cpu().reshape(-1)
    if len(v) <= SAMPLE:
        return v.tolist()
    stride = len(v) // SAMPLE
    i = torch.arange(SAMPLE)
    return v[i * stride + i * 7919 % stride].tolist()


def measure(run, seconds, least):
    """Times in milliseconds of runs after the first, which does not count."""
    result = run()
    times = []
    while (len(times) < least or sum(times) < 1e3 * seconds) and sum(times) < 1e3 * PATIENCE:
        begin = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - begin))
    return result, times


def main():
    order = json.load(sys.stdin)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    where = torch.cuda.get_device_name() if device == "cuda" else f"the processor, {torch.get_num_threads()} threads"
    print(f"torch {torch.__version__} on {where}", flush=True)
    # A whole step would take the processor minutes, and only the GPU has the float16 that it is about.
    steps = [(s, lambda s=s: step(s)) for s in order["steps"] if device == "cuda"]
    for w, make in [(w, lambda w=w: job(w, device)) for w in order["workloads"]] + steps:
        line = {"host": order["host"], "peer": "torch", "workload": w["name"], "gflop": w["gflop"]}
        try:
            result, times = measure(make(), order["seconds"], order["runs"])
            times.sort()
            n = len(times)
            line.update(median_ms=(times[(n - 1) // 2] + times[n // 2]) / 2, min_ms=times[0], max_ms=times[-1], runs=n, sample=sample(result))
        except Exception as e:  # the other workloads go on
            line["failure"] = f"{type(e).__name__}: {e}"
        print(json.dumps(line), flush=True)


main()
