"""Fast tests of what would fail silently: /usr/bin/python3 -m unittest train_test"""
import pathlib
import tempfile
import unittest

import torch

import clip
import colours
import data
import optimise
import train_clip
import train_vqgan
import views
import vqgan


class Data(unittest.TestCase):
    def test_share_alike_is_refused(self):
        with self.assertRaises(SystemExit):
            data.record("openmoji", "cat", "CC-BY-SA-4.0", "cat", [], 1)

    def test_junk_words_go(self):
        self.assertEqual(data.clean("gramastar_red_Star 63pt", {"red", "star", "gramastar"}), "red star")

    def test_joined_names_are_parted(self):
        self.assertEqual(data.split_words("postalhorn", {"postal", "horn", "post"}), "postal horn")
        self.assertEqual(data.split_words("qqqq", {"postal"}), "qqqq")

    def test_dominant_hue(self):
        import numpy as np
        picture = np.zeros((128, 128, 4), np.uint8)
        picture[20:100, 20:100] = (230, 20, 20, 255)
        self.assertEqual(colours.hue_word(colours.dominant_hue(picture)), "red")
        picture[20:100, 60:100, :3] = (20, 20, 230)
        self.assertEqual(colours.dominant_hue(picture), -1)


class Networks(unittest.TestCase):
    def test_tokens(self):
        # "a" and "red" have the ids of OpenAI's vocabulary, being below the cut; the ends move to 8190 and 8191.
        self.assertEqual(clip.Tokenizer()(["A  red"])[0, :5].tolist(), [8190, 320, 736, 8191, 0])

    def test_padding_does_not_reach_the_embedding(self):
        model, tokenizer = clip.CLIP().eval(), clip.Tokenizer()
        alone = model.encode_text(tokenizer(["a cat"]))
        together = model.encode_text(tokenizer(["a cat", "a very long caption about a dog and a house"]))[:1]
        torch.testing.assert_close(alone, together)

    def test_layout_survives_saving(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            clip.save(clip.CLIP(), folder)
            clip.load(folder / "clip_mini.pt")
            vqgan.save(vqgan.VQGAN(), folder / "vqgan_mini.ckpt", 0)
            vqgan.load(folder / "vqgan_mini.ckpt")

    def test_straight_through(self):
        model = vqgan.VQGAN()
        z = torch.randn(1, 64, 2, 2, requires_grad=True)
        model.quantized(z).sum().backward()
        torch.testing.assert_close(z.grad, torch.ones_like(z))


class Training(unittest.TestCase):
    def test_doubles_are_no_negatives(self):
        e = torch.eye(3)[[0, 0, 1]]
        none = torch.zeros(0, 3)
        masked = train_clip.contrast(e, e, ["cat", "cat", "dog"], none, 20.0)
        self.assertLess(masked.item(), 1e-3)
        self.assertGreater(train_clip.contrast(e, e, ["cat", "tom", "dog"], none, 20.0).item(), 0.1)

    def test_fakes_are_negatives(self):
        e = torch.eye(3)[:2]
        self.assertGreater(train_clip.contrast(e, e, ["a", "b"], torch.eye(3)[:1], 20.0).item(), 0.1)

    def test_muon_steps_are_orthogonal(self):
        singular = torch.linalg.svdvals(optimise.orthogonalised(torch.randn(16, 40)))
        self.assertTrue(((singular > 0.5) & (singular < 1.4)).all(), singular)

    def test_dead_codes_restart(self):
        table = torch.nn.Embedding(4, 2)
        book = train_vqgan.Codebook(table)
        book.count[3] = 0.001
        flat = torch.full((8, 2), 5.0)
        book.update(flat, torch.zeros(8, dtype=torch.long), torch.Generator().manual_seed(1))
        torch.testing.assert_close(table.weight.data[3], torch.tensor([5.0, 5.0]))

    def test_hue_turn_keeps_luma(self):
        x = torch.tensor([0.6, 0.3, 0.2, 1.0]).view(1, 4, 1, 1)
        luma = lambda v: (v[:, :3] * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum()
        turned = views.turn_hue(x, torch.tensor([0.1]))
        self.assertAlmostEqual(luma(turned).item(), luma(x).item(), places=3)
        self.assertGreater((turned - x).abs().max().item(), 0.02)


if __name__ == "__main__":
    unittest.main()
