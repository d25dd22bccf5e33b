# %% wrong: a lambda in a loop, so that all outputs land in the last layer's list
class Recorder:
    def __init__(self, model, kind):
        self.layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, kind)}

    def __enter__(self):
        seen = {name: [] for name in self.layers}
        self.hooks = []
        for name, layer in self.layers.items():
            hook = layer.register_forward_hook(lambda layer, args, output: seen[name].append(output.detach().clone()))
            self.hooks.append(hook)
        return seen

    def __exit__(self, *exception):
        for hook in self.hooks:
            hook.remove()


# %% wrong: only the last output of each layer is kept
class Recorder:
    def __init__(self, model, kind):
        self.layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, kind)}

    def __enter__(self):
        seen = {name: [] for name in self.layers}

        def hook_for(name):
            def hook(layer, args, output):
                seen[name] = [output.detach().clone()]

            return hook

        self.hooks = [layer.register_forward_hook(hook_for(name)) for name, layer in self.layers.items()]
        return seen

    def __exit__(self, *exception):
        for hook in self.hooks:
            hook.remove()


# %% wrong: detached, but the memory is shared
class Recorder:
    def __init__(self, model, kind):
        self.layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, kind)}

    def __enter__(self):
        seen = {name: [] for name in self.layers}
        self.hooks = [
            layer.register_forward_hook(lambda layer, args, output, name=name: seen[name].append(output.detach()))
            for name, layer in self.layers.items()
        ]
        return seen

    def __exit__(self, *exception):
        for hook in self.hooks:
            hook.remove()


# %% wrong: cloned, but still part of the graph
class Recorder:
    def __init__(self, model, kind):
        self.layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, kind)}

    def __enter__(self):
        seen = {name: [] for name in self.layers}
        self.hooks = [
            layer.register_forward_hook(lambda layer, args, output, name=name: seen[name].append(output.clone()))
            for name, layer in self.layers.items()
        ]
        return seen

    def __exit__(self, *exception):
        for hook in self.hooks:
            hook.remove()


# %% wrong: the hook returns the copy, which replaces the output and cuts the gradients
class Recorder:
    def __init__(self, model, kind):
        self.layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, kind)}

    def __enter__(self):
        seen = {name: [] for name in self.layers}

        def hook_for(name):
            def hook(layer, args, output):
                copy = output.detach().clone()
                seen[name].append(copy)
                return copy.clone()

            return hook

        self.hooks = [layer.register_forward_hook(hook_for(name)) for name, layer in self.layers.items()]
        return seen

    def __exit__(self, *exception):
        for hook in self.hooks:
            hook.remove()


# %% wrong: the hooks stay after an error
class Recorder:
    def __init__(self, model, kind):
        self.layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, kind)}

    def __enter__(self):
        seen = {name: [] for name in self.layers}
        self.hooks = [
            layer.register_forward_hook(
                lambda layer, args, output, name=name: seen[name].append(output.detach().clone())
            )
            for name, layer in self.layers.items()
        ]
        return seen

    def __exit__(self, kind, *rest):
        if kind is None:
            for hook in self.hooks:
                hook.remove()


# %% wrong: errors are swallowed
class Recorder:
    def __init__(self, model, kind):
        self.layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, kind)}

    def __enter__(self):
        seen = {name: [] for name in self.layers}
        self.hooks = [
            layer.register_forward_hook(
                lambda layer, args, output, name=name: seen[name].append(output.detach().clone())
            )
            for name, layer in self.layers.items()
        ]
        return seen

    def __exit__(self, *exception):
        for hook in self.hooks:
            hook.remove()
        return True


# %% wrong: the type itself only, no subclasses, and no tuple of kinds
class Recorder:
    def __init__(self, model, kind):
        self.layers = {name: layer for name, layer in model.named_modules() if type(layer) is kind}

    def __enter__(self):
        seen = {name: [] for name in self.layers}
        self.hooks = [
            layer.register_forward_hook(
                lambda layer, args, output, name=name: seen[name].append(output.detach().clone())
            )
            for name, layer in self.layers.items()
        ]
        return seen

    def __exit__(self, *exception):
        for hook in self.hooks:
            hook.remove()


# %% wrong: children instead of all modules
class Recorder:
    def __init__(self, model, kind):
        self.layers = {name: layer for name, layer in model.named_children() if isinstance(layer, kind)}

    def __enter__(self):
        seen = {name: [] for name in self.layers}
        self.hooks = [
            layer.register_forward_hook(
                lambda layer, args, output, name=name: seen[name].append(output.detach().clone())
            )
            for name, layer in self.layers.items()
        ]
        return seen

    def __exit__(self, *exception):
        for hook in self.hooks:
            hook.remove()


# %% wrong: lists appear only when a layer runs
class Recorder:
    def __init__(self, model, kind):
        self.layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, kind)}

    def __enter__(self):
        seen = {}
        self.hooks = [
            layer.register_forward_hook(
                lambda layer, args, output, name=name: seen.setdefault(name, []).append(output.detach().clone())
            )
            for name, layer in self.layers.items()
        ]
        return seen

    def __exit__(self, *exception):
        for hook in self.hooks:
            hook.remove()


# %% wrong: all hooks of a layer are removed, those of others too
class Recorder:
    def __init__(self, model, kind):
        self.layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, kind)}

    def __enter__(self):
        seen = {name: [] for name in self.layers}
        self.hooks = [
            layer.register_forward_hook(
                lambda layer, args, output, name=name: seen[name].append(output.detach().clone())
            )
            for name, layer in self.layers.items()
        ]
        return seen

    def __exit__(self, *exception):
        for layer in self.layers.values():
            layer._forward_hooks.clear()


# %% wrong: the model is put into evaluation mode and stays there
class Recorder:
    def __init__(self, model, kind):
        self.layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, kind)}
        model.eval()

    def __enter__(self):
        seen = {name: [] for name in self.layers}
        self.hooks = [
            layer.register_forward_hook(
                lambda layer, args, output, name=name: seen[name].append(output.detach().clone())
            )
            for name, layer in self.layers.items()
        ]
        return seen

    def __exit__(self, *exception):
        for hook in self.hooks:
            hook.remove()


# %% right: a generator function, and functools.partial for the names
import contextlib
import functools


@contextlib.contextmanager
def Recorder(model, kind):
    seen, hooks = {}, []

    def note(outputs, layer, args, output):
        outputs.append(torch.tensor(output.tolist(), dtype=output.dtype))

    for name, layer in model.named_modules():
        if isinstance(layer, kind):
            seen[name] = []
            hooks.append(layer.register_forward_hook(functools.partial(note, seen[name])))
    try:
        yield seen
    finally:
        while hooks:
            hooks.pop().remove()


# %% right: an exit stack, and one hook that looks the name up
import contextlib


class Recorder:
    def __init__(self, model, kind):
        self.names = {id(layer): name for name, layer in model.named_modules() if isinstance(layer, kind)}
        self.model, self.seen = model, {name: [] for name in self.names.values()}

    def note(self, layer, args, output):
        with torch.no_grad():
            self.seen[self.names[id(layer)]] += [output.detach() * 1]

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        for layer in self.model.modules():
            if id(layer) in self.names:
                self.stack.callback(layer.register_forward_hook(self.note).remove)
        return self.seen

    def __exit__(self, kind, value, traceback):
        self.stack.close()
        return None


# %% right: no hooks at all, each layer's forward is wrapped and given back
class Recorder:
    def __init__(self, model, kind):
        self.layers = {name: layer for name, layer in model.named_modules() if isinstance(layer, kind)}

    def __enter__(self):
        self.seen = {name: [] for name in self.layers}
        for name, layer in self.layers.items():
            layer.forward = self.wrapped(layer.forward, self.seen[name])
        return self.seen

    def wrapped(self, forward, outputs):
        def call(*args, **kwargs):
            output = forward(*args, **kwargs)
            outputs.append(output.detach().clone())
            return output

        return call

    def __exit__(self, *exception):
        for layer in self.layers.values():
            del layer.forward
