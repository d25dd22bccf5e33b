# %% wrong: forgets the groups
def count_multiply_adds(model, images):
    total = 0

    def hook(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += output.numel() * layer.in_channels * layer.kernel_size[0] * layer.kernel_size[1]
        else:
            total += output.numel() * layer.in_features

    model = copy.deepcopy(model).eval()
    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(hook)
    with torch.no_grad():
        model(images)
    return total


# %% wrong: takes kernels for square
def count_multiply_adds(model, images):
    total = 0

    def hook(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += output.numel() * layer.in_channels // layer.groups * layer.kernel_size[0] ** 2
        else:
            total += output.numel() * layer.in_features

    model = copy.deepcopy(model).eval()
    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(hook)
    with torch.no_grad():
        model(images)
    return total


# %% wrong: returns FLOPs
def count_multiply_adds(model, images):
    total = 0

    def hook(layer, inputs, output):
        nonlocal total
        total += 2 * output.numel() * layer.weight[0].numel()

    model = copy.deepcopy(model).eval()
    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(hook)
    with torch.no_grad():
        model(images)
    return total


# %% wrong: counts the biases
def count_multiply_adds(model, images):
    total = 0

    def hook(layer, inputs, output):
        nonlocal total
        total += output.numel() * (layer.weight[0].numel() + (layer.bias is not None))

    model = copy.deepcopy(model).eval()
    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(hook)
    with torch.no_grad():
        model(images)
    return total


# %% wrong: a linear layer once, however many tokens
def count_multiply_adds(model, images):
    total = 0

    def hook(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += output.numel() * layer.weight[0].numel()
        else:
            total += len(output) * layer.weight.numel()

    model = copy.deepcopy(model).eval()
    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(hook)
    with torch.no_grad():
        model(images)
    return total


# %% wrong: layers instead of runs
def count_multiply_adds(model, images):
    counts = {}

    def hook(layer, inputs, output):
        counts[layer] = output.numel() * layer.weight[0].numel()

    model = copy.deepcopy(model).eval()
    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(hook)
    with torch.no_grad():
        model(images)
    return sum(counts.values())


# %% wrong: children only, nothing inside them
def count_multiply_adds(model, images):
    total = 0

    def hook(layer, inputs, output):
        nonlocal total
        total += output.numel() * layer.weight[0].numel()

    model = copy.deepcopy(model).eval()
    for layer in [model, *model.children()]:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(hook)
    with torch.no_grad():
        model(images)
    return total


# %% wrong: a subclass of nn.Conv2d does not count
def count_multiply_adds(model, images):
    total = 0

    def hook(layer, inputs, output):
        nonlocal total
        total += output.numel() * layer.weight[0].numel()

    model = copy.deepcopy(model).eval()
    for layer in model.modules():
        if type(layer) in (nn.Conv2d, nn.Linear):
            layer.register_forward_hook(hook)
    with torch.no_grad():
        model(images)
    return total


# %% wrong: the hooks stay on the model
def count_multiply_adds(model, images):
    total = 0

    def hook(layer, inputs, output):
        nonlocal total
        total += output.numel() * layer.weight[0].numel()

    modes = {m: m.training for m in model.modules()}
    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(hook)
    with torch.no_grad():
        model.eval()(images)
    for m, mode in modes.items():
        m.training = mode
    return total


# %% wrong: runs through the batch normalisation as in training
def count_multiply_adds(model, images):
    total = 0

    def hook(layer, inputs, output):
        nonlocal total
        total += output.numel() * layer.weight[0].numel()

    hooks = [m.register_forward_hook(hook) for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    with torch.no_grad():
        model(images)
    for h in hooks:
        h.remove()
    return total


# %% wrong: puts the whole model in training mode afterwards, a frozen part too
def count_multiply_adds(model, images):
    total = 0

    def hook(layer, inputs, output):
        nonlocal total
        total += output.numel() * layer.weight[0].numel()

    mode = model.training
    hooks = [m.register_forward_hook(hook) for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    with torch.no_grad():
        model.eval()(images)
    for h in hooks:
        h.remove()
    model.train(mode)
    return total


# %% wrong: lets PyTorch count
def count_multiply_adds(model, images):
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        copy.deepcopy(model).eval()(images)
    return counter.get_total_flops() // 2


# %% right: on the model itself, everything put back in the end
def count_multiply_adds(model, images):
    counts, modes = [], [(m, m.training) for m in model.modules()]

    def hook(layer, inputs, output):
        if isinstance(layer, nn.Conv2d):
            height, width = layer.kernel_size
            counts.append(output.numel() * height * width * layer.in_channels // layer.groups)
        elif isinstance(layer, nn.Linear):
            counts.append(output.numel() * layer.in_features)

    hooks = [m.register_forward_hook(hook) for m in model.modules()]
    try:
        model.eval()
        with torch.no_grad():
            model(images)
    finally:
        for h in hooks:
            h.remove()
        for m, mode in modes:
            m.training = mode
    return sum(counts)


# %% right: one hook for all modules
def count_multiply_adds(model, images):
    total = [0]

    def hook(module, inputs, output):
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            total[0] += output.numel() * module.weight.numel() // module.weight.shape[0]

    handle = nn.modules.module.register_module_forward_hook(hook)
    try:
        copy.deepcopy(model).eval()(images)
    finally:
        handle.remove()
    return total[0]


# %% right: watches the functions instead of the layers
def count_multiply_adds(model, images):
    class Watch(torch.overrides.TorchFunctionMode):
        total = 0

        def __torch_function__(self, function, types, args=(), kwargs=None):
            output = function(*args, **(kwargs or {}))
            if function in (torch.conv2d, nn.functional.conv2d, nn.functional.linear):
                self.total += output.numel() * args[1][0].numel()
            return output

    with Watch() as watch, torch.no_grad():
        copy.deepcopy(model).eval()(images)
    return watch.total
