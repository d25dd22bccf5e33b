"""Weight maps cover both models exactly, the comparison sees every difference, and trained weights find their way."""

import re
import socket
from urllib.error import URLError

import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from utils import weights
from utils.models.vision_transformer import VisionTransformer, vit
from utils.weights import compare, copy_weights, public_weights, rename

SAME = [(r"(.+)", r"\1")]
STATE = {"a.weight": torch.zeros(2), "a.bias": torch.zeros(2)}


def test_rename_uses_groups_and_the_first_rule_that_matches():
    renamed = rename(STATE, [(r"a\.weight", "w"), (r"a\.(.+)", r"b.\1")])
    assert list(renamed) == ["w", "b.bias"]


def test_rename_drops_what_it_is_told_to():
    assert list(rename(STATE, [(r".*bias", None), *SAME])) == ["a.weight"]


@pytest.mark.parametrize(
    "rules", [[(r"a\.weight", "w")], [(r"a\.weight", "w"), ("bias", "b")]], ids=["none", "partial"]
)
def test_entry_without_a_rule_is_an_error(rules):
    with pytest.raises(KeyError, match=r"no rule for 'a\.bias' \(2,\)"):
        rename(STATE, rules)


def test_two_entries_under_one_name_are_an_error():
    with pytest.raises(KeyError, match="would be called 'x'"):
        rename(STATE, [(r".+", "x")])


SEPARATE = [(r"q\.(.+)", r"qkv.\1#0"), (r"k\.(.+)", r"qkv.\1#1"), (r"v\.(.+)", r"qkv.\1#2"), (r"(out\..+)", r"\1")]


def test_parts_are_joined_in_their_order_along_the_first_dimension():
    state = {f"{part}.weight": torch.full((2, 3), float(i)) for i, part in enumerate("qkv")}
    state |= {f"{part}.bias": torch.tensor([10.0 * i]) for i, part in enumerate("qkv")} | {"out.bias": torch.ones(4)}
    for names in (list(state), list(reversed(state))):  # the order of the state does not matter
        renamed = rename({name: state[name] for name in names}, SEPARATE)
        assert set(renamed) == {"qkv.weight", "qkv.bias", "out.bias"}
        assert torch.equal(renamed["qkv.weight"], torch.tensor([0.0, 0, 1, 1, 2, 2])[:, None].expand(6, 3))
        assert torch.equal(renamed["qkv.bias"], torch.tensor([0.0, 10, 20]))


@pytest.mark.parametrize("missing", ["q", "k"])
def test_a_part_that_is_missing_is_an_error(missing):
    state = {f"{part}.weight": torch.zeros(2, 3) for part in "qkv" if part != missing}
    with pytest.raises(KeyError, match=r"qkv\.weight.*part"):
        rename(state, SEPARATE)


def test_a_part_that_comes_twice_is_an_error():
    with pytest.raises(KeyError, match="would be called 'x#0'"):
        rename(STATE, [(r".+", "x#0")])


class Fused(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(3, 6)

    def forward(self, x):
        return self.qkv(x)


class Separate(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(3, 2) for _ in range(3))

    def forward(self, x):
        return torch.cat([self.q(x), self.k(x), self.v(x)], dim=-1)


def test_gradients_of_parts_are_compared_too():
    assert compare(Fused(), Separate(), SEPARATE, torch.randn(4, 3)).parameters == 24
    keys_first = [(p, ours.replace("#", "#k")) for p, ours in SEPARATE]
    swapped = [(p, ours.replace("#k0", "#1").replace("#k1", "#0").replace("#k2", "#2")) for p, ours in keys_first]
    with pytest.raises(AssertionError, match="the outputs differ"):
        compare(Fused(), Separate(), swapped, torch.randn(4, 3))


@pytest.mark.parametrize("ours", [nn.Linear(3, 4), nn.Linear(2, 3, bias=False)], ids=["shape", "left over"])
def test_copying_is_strict(ours):
    with pytest.raises(RuntimeError, match=r"size mismatch|Unexpected key"):
        copy_weights(nn.Linear(2, 3), ours, SAME)


def test_missing_weight_is_an_error():
    with pytest.raises(RuntimeError, match="Missing key"):
        copy_weights(nn.Linear(2, 3, bias=False), nn.Linear(2, 3), SAME)


class Variant(nn.Linear):
    """A linear layer with one thing changed, to be caught."""

    def __init__(self, change):
        super().__init__(2, 3)
        self.change = change

    def forward(self, x):
        y = super().forward(x)
        if self.change == "value":
            return y + 1e-6
        if self.change == "shape":
            return y[:1]
        if self.change == "not a number":
            return y * float("nan")
        if self.change == "gradient of the input":  # the same values, but x gets no gradient through the weights
            return super().forward(x.detach()) + 0 * x.sum()
        if self.change == "gradient of a weight":
            return y + (self.bias.detach() - self.bias)
        return y


@pytest.mark.parametrize(
    "change, message",
    [
        ("value", r"the outputs differ by up to 1\.0e-06, allowed are"),
        ("shape", r"the outputs differ in shape: ours \(1, 3\), reference \(5, 3\)"),
        ("not a number", "the outputs differ by up to nan"),
        ("gradient of the input", "the gradients of the input differ"),
        ("gradient of a weight", "the gradients of bias differ"),
    ],
)
def test_difference_is_caught(change, message):
    with pytest.raises(AssertionError, match=message):
        compare(Variant(change), nn.Linear(2, 3), SAME, torch.randn(5, 2))


def test_weight_that_only_one_model_trains_is_caught():
    class Frozen(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(3, 2))
            self.register_buffer("bias", torch.zeros(3))

        def forward(self, x):
            return nn.functional.linear(x, self.weight, self.bias)

    with pytest.raises(AssertionError, match=r"only one of the models trains: \['bias'\]"):
        compare(Frozen(), nn.Linear(2, 3), SAME, torch.randn(5, 2))


def test_equal_models_are_equal_and_stay_untouched():
    torch.manual_seed(0)
    ours, reference = nn.Linear(2, 3), nn.Linear(2, 3)
    before = [parameter.clone() for parameter in (*ours.parameters(), *reference.parameters())]
    parity = compare(ours, reference, SAME, torch.randn(5, 2))
    assert (parity.outputs, parity.input_gradients, parity.weight_gradients, parity.parameters) == (0, 0, 0, 9)
    assert "9 parameters; largest differences: outputs 0e+00" in str(parity)
    after = [*ours.parameters(), *reference.parameters()]
    assert all(torch.equal(a, b) and a.grad is None for a, b in zip(after, before, strict=True))
    assert ours.training and ours.weight.dtype == torch.float32


def test_reference_may_be_called_in_its_own_way():
    def transposed(model, x):
        return model(x).T

    class Transposed(nn.Linear):
        def forward(self, x):
            return super().forward(x).T

    compare(Transposed(2, 3), nn.Linear(2, 3), SAME, torch.randn(5, 2), transposed)


def test_a_reference_that_returns_only_zeros_proves_nothing():
    reference, ours = (nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4)) for _ in range(2))
    nn.init.zeros_(reference[1].weight)
    nn.init.zeros_(reference[1].bias)
    with pytest.raises(ValueError, match="returns only zeros, which proves nothing"):
        compare(ours, reference, SAME, torch.randn(5, 2))
    nn.init.ones_(reference[1].bias)
    compare(ours, reference, SAME, torch.randn(5, 2))


# Trained weights, from files

TINY = {"patch_size": 8, "embed_dim": 24, "depth": 1, "num_heads": 3, "num_classes": 5}


def torchvision_file(path):
    theirs = torchvision.models.VisionTransformer(16, 8, 1, 3, 24, 96, num_classes=5)
    nn.init.normal_(theirs.heads.head.weight)
    torch.save(theirs.state_dict(), path)
    return theirs.eval()


def timm_file(path, **options):
    theirs = timm.models.VisionTransformer(img_size=16, **TINY, **options)
    save_file(theirs.state_dict(), path)
    return theirs.eval()


def assert_same(state, theirs):
    ours, x = VisionTransformer(16, **TINY).eval(), torch.randn(2, 3, 16, 16)
    ours.load_state_dict(state)
    torch.testing.assert_close(ours(x), theirs(x))


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """An empty folder in place of the one that `torch.hub` keeps files in."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def test_weights_from_a_file_of_ones_own(tmp_path):
    theirs = torchvision_file(tmp_path / "own.pth")
    assert_same(public_weights("torchvision/vit_b_16", tmp_path / "own.pth"), theirs)
    theirs = timm_file(tmp_path / "own.safetensors")
    assert_same(public_weights("timm/vit_tiny_patch16_224", str(tmp_path / "own.safetensors")), theirs)


def test_a_file_that_was_downloaded_before_is_used(hub):
    theirs = torchvision_file(hub / "vit_b_16-c867db91.pth")
    assert_same(public_weights("torchvision/vit_b_16"), theirs)
    theirs = timm_file(hub / "timm-vit_tiny_patch16_224.augreg_in21k_ft_in1k.safetensors")
    assert_same(public_weights("timm/vit_tiny_patch16_224"), theirs)


def test_a_download_is_kept_checked_and_not_repeated(hub, tmp_path, monkeypatch):
    torchvision_file(served := tmp_path / "served.pth")
    from hashlib import sha256

    digest = sha256(served.read_bytes()).hexdigest()[:8]
    monkeypatch.setitem(
        weights._SOURCES, "local", (lambda model: (served.as_uri(), f"{model}-{digest}.pth"), weights.TORCHVISION_VIT)
    )
    first = public_weights("local/tiny")
    assert [path.name for path in hub.iterdir()] == [f"tiny-{digest}.pth"]
    served.unlink()
    second = public_weights("local/tiny")
    assert first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)
    assert socket.getdefaulttimeout() is None


def test_a_download_of_other_content_is_refused(hub, tmp_path, monkeypatch):
    (tmp_path / "served.pth").write_text("a page that asks for a password")
    source = (tmp_path / "served.pth").as_uri(), "tiny-0123abcd.pth"
    monkeypatch.setitem(weights._SOURCES, "local", (lambda model: source, weights.TORCHVISION_VIT))
    with pytest.raises(ConnectionError, match="invalid hash value"):
        public_weights("local/tiny")
    assert not list(hub.iterdir())


@pytest.mark.parametrize(
    "name, url, file",
    [
        ("torchvision/vit_b_16", "https://download.pytorch.org/models/vit_b_16-c867db91.pth", "vit_b_16-c867db91.pth"),
        (
            "timm/vit_tiny_patch16_224",
            "https://huggingface.co/timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k/resolve/main/model.safetensors",
            "timm-vit_tiny_patch16_224.augreg_in21k_ft_in1k.safetensors",
        ),
    ],
)
def test_offline_one_error_says_what_to_do(hub, monkeypatch, name, url, file):
    asked = []

    def offline(request, *rest):
        asked.append((getattr(request, "full_url", request), socket.getdefaulttimeout()))
        raise URLError("no route to host")

    monkeypatch.setattr(torch.hub, "urlopen", offline)
    with pytest.raises(ConnectionError) as error:
        public_weights(name)
    assert asked == [(url, 10)] and socket.getdefaulttimeout() is None
    message = f"the weights {name} could not be downloaded (<urlopen error no route to host>). Connect to the internet"
    assert str(error.value).startswith(message) and f"save {url} as {hub / file} yourself" in str(error.value)


@pytest.mark.parametrize(
    "name, message",
    [
        ("vit_b_16", 'named like "torchvision/vit_b_16"'),
        ("keras/vit_b_16", "got 'keras/vit_b_16'"),
        ("torchvision/vit_tiny", "vit_tiny"),
        ("timm/vit_teeny", "no weights for a model 'vit_teeny'"),
    ],
)
def test_a_model_that_does_not_exist_is_an_error(name, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        public_weights(name)


def test_weights_of_another_kind_of_model_are_an_error(tmp_path):
    save_file(timm.models.VisionTransformer(img_size=16, reg_tokens=2, **TINY).state_dict(), tmp_path / "w.safetensors")
    with pytest.raises(KeyError, match="no rule for 'reg_token'"):
        public_weights("timm/vit_tiny_patch16_224", tmp_path / "w.safetensors")


@pytest.mark.slow
def test_all_weights_of_a_full_size_model_fit(tmp_path):
    theirs = timm.create_model("vit_tiny_patch16_224").eval()
    save_file(theirs.state_dict(), tmp_path / "w.safetensors")
    ours = vit("Ti/16").eval()
    ours.load_state_dict(public_weights("timm/vit_tiny_patch16_224", tmp_path / "w.safetensors"))
    x = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), rtol=1e-4, atol=1e-5)
