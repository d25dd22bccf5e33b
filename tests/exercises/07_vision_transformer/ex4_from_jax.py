# %% wrong: kernels of the MLP and the head are not transposed
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].reshape(a["head/kernel"].shape[::-1]),
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].reshape(
                a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].shape[::-1]
            )
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: the head is reshaped instead of transposed
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].reshape(-1, len(a["head/kernel"])),
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: rows and columns of the patch change places
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 1, 0),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: the patch kernel is reshaped
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].reshape(
            [a["embedding/kernel"].shape[i] for i in (3, 2, 0, 1)]
        ),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: queries, keys and values are not transposed
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1) for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: keys before queries
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("key", "query", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: only the weights have the keys first
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat([kernels[1], kernels[0], kernels[2]])  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: the output kernel is joined but not transposed
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1)  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: the output kernel is joined on the wrong side
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = (
            a[f"{attention}out/kernel"].permute(1, 0, 2).flatten(0, 1).T
        )  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: heads are interleaved: d before h
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].mT.flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: everything becomes float32
def from_jax(arrays):
    a = {name: torch.tensor(array, dtype=torch.float32) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: the tensors share memory with the file
def from_jax(arrays):
    a = {name: torch.from_numpy(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: one block only
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(1):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: the second normalisation is the first
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (0, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: the names of the file are kept for the head
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.kernel": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: works for D = 4 only, the size of the tiny file
def from_jax(arrays):
    """Bring the weights of the ViT paper's JAX code into the chapter's names and shapes.

    Args:
        arrays: a dictionary of NumPy arrays under the names of the table, for any number of blocks. Not changed.

    Returns:
        A dictionary of tensors under our names, with the arrays' dtype and memory of their own.
    """
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].reshape(4, 4).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].reshape(4, 4).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: the biases of the normalisations are their scales, a slip of copy and paste
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/scale"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: scale and bias of the last normalisation change places
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/bias"],
        "norm.bias": a["Transformer/encoder_norm/scale"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: both normalisations are LayerNorm_2
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((2, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: every block gets the attention of block 0
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = "Transformer/encoderblock_0/MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: every block gets the MLP of block 0
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"Transformer/encoderblock_0/MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"Transformer/encoderblock_0/MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: blocks in the order of their names: 0, 1, 10, 11, 2
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i, block in enumerate(sorted({name.split("/")[1] for name in a if "encoderblock_" in name})):
        theirs, ours = f"Transformer/{block}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% wrong: takes the arrays out of the dictionary given
def from_jax(arrays):
    a = {name: torch.tensor(arrays.pop(name)) for name in list(arrays)}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].flatten(1).T for part in parts]  # (D, h, d) -> (D, D) -> (D, D)
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% right: in NumPy, with einsum for the axes, tensors at the end
def from_jax(arrays):
    state = {
        "class_token.token": arrays["cls"],
        "position.table": arrays["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": np.einsum("pqcd->dcpq", arrays["embedding/kernel"]),
        "patch_embed.proj.bias": arrays["embedding/bias"],
        "head.weight": arrays["head/kernel"].T,
        "head.bias": arrays["head/bias"],
    }
    names = {
        "LayerNorm_0": "norm1",
        "LayerNorm_2": "norm2",
        "MlpBlock_3/Dense_0": "mlp.fc1",
        "MlpBlock_3/Dense_1": "mlp.fc2",
    }
    names |= {"encoder_norm": "norm"}
    D = arrays["cls"].shape[-1]
    for name, array in arrays.items():
        if not name.startswith("Transformer/") or "posembed" in name:
            continue
        *place, kind = name.removeprefix("Transformer/").split("/")
        ours = ""
        if place[0].startswith("encoderblock_"):
            ours = f"blocks.{place.pop(0).split('_')[1]}."
        layer = "/".join(place)
        if "Attention" in layer:
            if layer.endswith("out"):
                suffix = "weight" if kind == "kernel" else "bias"
                state[f"{ours}attn.proj.{suffix}"] = array.reshape(D, D).T if kind == "kernel" else array
            elif layer.endswith("query"):
                three = [arrays[name.replace("query", part)] for part in ("query", "key", "value")]
                if kind == "kernel":
                    state[f"{ours}attn.qkv.weight"] = np.concatenate([x.reshape(D, D).T for x in three])
                else:
                    state[f"{ours}attn.qkv.bias"] = np.concatenate([x.ravel() for x in three])
        else:
            suffix = "bias" if kind == "bias" else "weight"
            state[f"{ours}{names[layer]}.{suffix}"] = array.T if kind == "kernel" else array
    return {name: torch.tensor(np.ascontiguousarray(array)) for name, array in state.items()}


# %% right: clones, and one stacked tensor for queries, keys and values
def from_jax(arrays):
    a = {name: torch.from_numpy(array).clone() for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        stacked = torch.stack([a[f"{attention}{part}/kernel"] for part in parts])  # (3, D, h, d)
        state[f"{ours}attn.qkv.weight"] = stacked.permute(0, 2, 3, 1).reshape(-1, stacked.shape[1]).contiguous()
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].flatten(0, 1).T  # (h, d, D) -> (D, D)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return state


# %% right: permutes before joining, and returns parameters
def from_jax(arrays):
    a = {name: torch.tensor(array) for name, array in arrays.items()}
    state = {
        "class_token.token": a["cls"],
        "position.table": a["Transformer/posembed_input/pos_embedding"],
        "patch_embed.proj.weight": a["embedding/kernel"].permute(3, 2, 0, 1),  # (P, P, C, D) -> (D, C, P, P)
        "patch_embed.proj.bias": a["embedding/bias"],
        "norm.weight": a["Transformer/encoder_norm/scale"],
        "norm.bias": a["Transformer/encoder_norm/bias"],
        "head.weight": a["head/kernel"].T,
        "head.bias": a["head/bias"],
    }
    for i in range(sum(name.endswith("LayerNorm_0/scale") for name in a)):
        theirs, ours = f"Transformer/encoderblock_{i}/", f"blocks.{i}."
        for n, norm in ((0, "norm1"), (2, "norm2")):
            state[f"{ours}{norm}.weight"] = a[f"{theirs}LayerNorm_{n}/scale"]
            state[f"{ours}{norm}.bias"] = a[f"{theirs}LayerNorm_{n}/bias"]
        for n, layer in ((0, "fc1"), (1, "fc2")):
            state[f"{ours}mlp.{layer}.weight"] = a[f"{theirs}MlpBlock_3/Dense_{n}/kernel"].T
            state[f"{ours}mlp.{layer}.bias"] = a[f"{theirs}MlpBlock_3/Dense_{n}/bias"]
        attention = f"{theirs}MultiHeadDotProductAttention_1/"
        parts = ("query", "key", "value")
        kernels = [a[f"{attention}{part}/kernel"].permute(1, 2, 0).flatten(0, 1) for part in parts]
        state[f"{ours}attn.qkv.weight"] = torch.cat(kernels)  # (3D, D)
        state[f"{ours}attn.qkv.bias"] = torch.cat([a[f"{attention}{part}/bias"].flatten() for part in parts])
        state[f"{ours}attn.proj.weight"] = a[f"{attention}out/kernel"].permute(2, 0, 1).flatten(1)
        state[f"{ours}attn.proj.bias"] = a[f"{attention}out/bias"]
    return {name: nn.Parameter(value.contiguous()) for name, value in state.items()}
