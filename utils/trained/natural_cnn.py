"""A small CNN trained on CIFAR-10 as `natural_vit` was, at about the same cost per image: `natural_cnn.load()`.

`python -m utils.trained.natural_cnn` makes its weights again; the options are those of `natural_vit`.
"""

from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file

from utils.models.convolution import ResidualCNN
from utils.trained import natural_vit

WEIGHTS = Path(__file__).with_suffix(".safetensors")


def load() -> ResidualCNN:
    """Return the trained model, on the CPU, in evaluation mode: three stages of two residual blocks.

    It takes images from `natural_vit.prepare` and returns logits `(B, 10)` for `natural_vit.CLASSES`.
    """
    model = new()
    model.load_state_dict(load_file(WEIGHTS))  # copies from half precision into the model's float32
    return model.eval()


def about() -> dict[str, str]:
    """Return what the training script noted with the weights: data, epochs, seed, accuracy on the test images."""
    with safe_open(WEIGHTS, "pt") as file:
        return file.metadata()


def new() -> ResidualCNN:
    """Return the model before training."""
    return ResidualCNN(3, len(natural_vit.CLASSES), widths=(28, 56, 112), blocks=2)


if __name__ == "__main__":
    natural_vit.main(new, WEIGHTS)
