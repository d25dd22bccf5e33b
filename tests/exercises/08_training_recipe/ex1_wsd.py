# %% wrong: the warm-up begins at 0, so its last step is below 1
def wsd(step, steps, warmup, cooldown):
    if min(step, warmup, cooldown) < 0 or steps < 1 or warmup + cooldown > steps:
        raise ValueError(f"step {step}, steps {steps}, warmup {warmup}, cooldown {cooldown} do not fit.")
    if step >= steps:
        return 0.0
    if step < warmup:
        return step / warmup
    if step < steps - cooldown:
        return 1.0
    return 1 - math.sqrt((step - (steps - cooldown)) / cooldown)


# %% wrong: goes down along a line
def wsd(step, steps, warmup, cooldown):
    if min(step, warmup, cooldown) < 0 or steps < 1 or warmup + cooldown > steps:
        raise ValueError(f"step {step}, steps {steps}, warmup {warmup}, cooldown {cooldown} do not fit.")
    if step >= steps:
        return 0.0
    if step < warmup:
        return (step + 1) / warmup
    if step < steps - cooldown:
        return 1.0
    return (steps - step) / cooldown


# %% wrong: the root of what is left, instead of 1 minus the root of what is over
def wsd(step, steps, warmup, cooldown):
    if min(step, warmup, cooldown) < 0 or steps < 1 or warmup + cooldown > steps:
        raise ValueError(f"step {step}, steps {steps}, warmup {warmup}, cooldown {cooldown} do not fit.")
    if step >= steps:
        return 0.0
    if step < warmup:
        return (step + 1) / warmup
    if step < steps - cooldown:
        return 1.0
    return math.sqrt((steps - step) / cooldown)


# %% wrong: the cool-down is 0 in the last step already
def wsd(step, steps, warmup, cooldown):
    if min(step, warmup, cooldown) < 0 or steps < 1 or warmup + cooldown > steps:
        raise ValueError(f"step {step}, steps {steps}, warmup {warmup}, cooldown {cooldown} do not fit.")
    if step >= steps:
        return 0.0
    if step < warmup:
        return (step + 1) / warmup
    if step < steps - cooldown:
        return 1.0
    return 1 - math.sqrt((step + 1 - (steps - cooldown)) / cooldown)


# %% wrong: the cool-down ends a step too late to be one step from 0 at the end
def wsd(step, steps, warmup, cooldown):
    if min(step, warmup, cooldown) < 0 or steps < 1 or warmup + cooldown > steps:
        raise ValueError(f"step {step}, steps {steps}, warmup {warmup}, cooldown {cooldown} do not fit.")
    if step >= steps:
        return 0.0
    if step < warmup:
        return (step + 1) / warmup
    if step <= steps - cooldown:
        return 1.0
    return 1 - math.sqrt((step - (steps - cooldown) - 1) / cooldown)


# %% wrong: measures the way down in shares of the whole training
def wsd(step, steps, warmup, cooldown):
    if min(step, warmup, cooldown) < 0 or steps < 1 or warmup + cooldown > steps:
        raise ValueError(f"step {step}, steps {steps}, warmup {warmup}, cooldown {cooldown} do not fit.")
    if step >= steps:
        return 0.0
    if step < warmup:
        return (step + 1) / warmup
    if step < steps - cooldown:
        return 1.0
    return 1 - math.sqrt((step - (steps - cooldown)) / steps)


# %% wrong: begins the cool-down right after the warm-up
def wsd(step, steps, warmup, cooldown):
    if min(step, warmup, cooldown) < 0 or steps < 1 or warmup + cooldown > steps:
        raise ValueError(f"step {step}, steps {steps}, warmup {warmup}, cooldown {cooldown} do not fit.")
    if step >= steps:
        return 0.0
    if step < warmup:
        return (step + 1) / warmup
    return 1 - math.sqrt((step - warmup) / (steps - warmup)) if cooldown else 1.0


# %% wrong: goes down along half a cosine, as in the chapter
def wsd(step, steps, warmup, cooldown):
    if min(step, warmup, cooldown) < 0 or steps < 1 or warmup + cooldown > steps:
        raise ValueError(f"step {step}, steps {steps}, warmup {warmup}, cooldown {cooldown} do not fit.")
    if step >= steps:
        return 0.0
    if step < warmup:
        return (step + 1) / warmup
    if step < steps - cooldown:
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (step - (steps - cooldown)) / cooldown))


# %% wrong: is negative after the end
def wsd(step, steps, warmup, cooldown):
    if min(step, warmup, cooldown) < 0 or steps < 1 or warmup + cooldown > steps:
        raise ValueError(f"step {step}, steps {steps}, warmup {warmup}, cooldown {cooldown} do not fit.")
    if step < warmup:
        return (step + 1) / warmup
    if step < steps - cooldown or cooldown == 0:
        return 1.0 if step < steps else 0.0
    return 1 - math.sqrt((step - (steps - cooldown)) / cooldown)


# %% wrong: stays at 1 after the end when there is no cool-down
def wsd(step, steps, warmup, cooldown):
    if min(step, warmup, cooldown) < 0 or steps < 1 or warmup + cooldown > steps:
        raise ValueError(f"step {step}, steps {steps}, warmup {warmup}, cooldown {cooldown} do not fit.")
    if step < warmup:
        return (step + 1) / warmup
    if step < steps - cooldown or cooldown == 0:
        return 1.0
    return 1 - math.sqrt(min(1, (step - (steps - cooldown)) / cooldown))


# %% wrong: divides by a warm-up of 0
def wsd(step, steps, warmup, cooldown):
    if min(step, warmup, cooldown) < 0 or steps < 1 or warmup + cooldown > steps:
        raise ValueError(f"step {step}, steps {steps}, warmup {warmup}, cooldown {cooldown} do not fit.")
    if step >= steps:
        return 0.0
    up = min(1.0, (step + 1) / warmup)
    k = max(0, step - (steps - cooldown))
    return min(up, 1 - math.sqrt(k / cooldown) if k else 1.0)


# %% wrong: checks nothing
def wsd(step, steps, warmup, cooldown):
    if step >= steps:
        return 0.0
    if step < warmup:
        return (step + 1) / warmup
    if step < steps - cooldown:
        return 1.0
    return 1 - math.sqrt((step - (steps - cooldown)) / cooldown)


# %% wrong: asserts instead of raising a ValueError
def wsd(step, steps, warmup, cooldown):
    assert min(step, warmup, cooldown) >= 0 and warmup + cooldown <= steps, (step, warmup, cooldown, steps)
    if step >= steps:
        return 0.0
    if step < warmup:
        return (step + 1) / warmup
    if step < steps - cooldown:
        return 1.0
    return 1 - math.sqrt((step - (steps - cooldown)) / cooldown)


# %% wrong: wants a flat part of at least one step
def wsd(step, steps, warmup, cooldown):
    if min(step, warmup, cooldown) < 0 or steps < 1 or warmup + cooldown >= steps:
        raise ValueError(f"step {step}, steps {steps}, warmup {warmup}, cooldown {cooldown} do not fit.")
    if step >= steps:
        return 0.0
    if step < warmup:
        return (step + 1) / warmup
    if step < steps - cooldown:
        return 1.0
    return 1 - math.sqrt((step - (steps - cooldown)) / cooldown)


# %% wrong: checks the sum only, so a negative step passes
def wsd(step, steps, warmup, cooldown):
    if warmup + cooldown > steps:
        raise ValueError(f"{warmup} + {cooldown} > {steps}")
    if step >= steps:
        return 0.0
    if step < warmup:
        return (step + 1) / warmup
    if step < steps - cooldown:
        return 1.0
    return 1 - math.sqrt((step - (steps - cooldown)) / cooldown)


# %% wrong: the message names no numbers
def wsd(step, steps, warmup, cooldown):
    if min(step, warmup, cooldown) < 0 or steps < 1 or warmup + cooldown > steps:
        raise ValueError("warm-up and cool-down do not fit.")
    if step >= steps:
        return 0.0
    if step < warmup:
        return (step + 1) / warmup
    if step < steps - cooldown:
        return 1.0
    return 1 - math.sqrt((step - (steps - cooldown)) / cooldown)


# %% wrong: takes the warm-up from the chapter's function
def wsd(step, steps, warmup, cooldown):
    if min(step, warmup, cooldown) < 0 or steps < 1 or warmup + cooldown > steps:
        raise ValueError(f"step {step}, steps {steps}, warmup {warmup}, cooldown {cooldown} do not fit.")
    if step >= steps:
        return 0.0
    from utils.models.training_recipe import warmup_cosine

    if step < warmup:
        return warmup_cosine(step, steps + 1, warmup)
    if step < steps - cooldown:
        return 1.0
    return 1 - math.sqrt((step - (steps - cooldown)) / cooldown)


# %% wrong: asks for the end before it looks for negative numbers
def wsd(step, steps, warmup, cooldown):
    if warmup + cooldown > steps or steps < 1:
        raise ValueError(f"warmup {warmup} and cooldown {cooldown} do not fit into steps {steps}")
    if step >= steps:
        return 0.0
    for name, number in (("step", step), ("warmup", warmup), ("cooldown", cooldown)):
        if number < 0:
            raise ValueError(f"{name} is {number}")
    if step < warmup:
        return (step + 1) / warmup
    if step < steps - cooldown:
        return 1.0
    return 1 - math.sqrt((step - (steps - cooldown)) / cooldown)


# %% wrong: the whole training has a length of warm-up, steps and cool-down together
def wsd(step, steps, warmup, cooldown):
    for number, least in ((step, 0), (steps, 1), (warmup, 0), (cooldown, 0)):
        if number < least:
            raise ValueError(f"{number} is below {least}")
    if warmup + cooldown > steps:
        raise ValueError(f"{warmup} and {cooldown} are longer than {steps}")
    if step < warmup:
        return (step + 1) / warmup
    if step < warmup + steps:
        return 1.0
    k = step - warmup - steps
    return 1 - math.sqrt(k / cooldown) if k < cooldown else 0.0


# %% right: the smallest of two curves
def wsd(step, steps, warmup, cooldown):
    if min(step, warmup, cooldown) < 0 or steps < 1 or warmup + cooldown > steps:
        raise ValueError(f"step {step}, steps {steps}, warmup {warmup}, cooldown {cooldown} do not fit.")
    up = (step + 1) / max(warmup, 1)
    k = max(0, step - steps + cooldown)
    down = 1 - (k / max(cooldown, 1)) ** 0.5
    return min(1, up, down) if step < steps else 0


# %% right: all factors in one tensor, from which one is taken
def wsd(step, steps, warmup, cooldown):
    for number in (step, warmup, cooldown):
        if number < 0:
            raise ValueError(f"a count cannot be negative: {number}")
    if steps < 1:
        raise ValueError(f"{steps} steps")
    flat = steps - warmup - cooldown
    if flat < 0:
        raise ValueError(f"{warmup} + {cooldown} is more than {steps}")
    up = torch.arange(1, warmup + 1, dtype=torch.float64) / max(warmup, 1)
    down = 1 - (torch.arange(cooldown, dtype=torch.float64) / max(cooldown, 1)).sqrt()
    factors = torch.cat([up, torch.ones(flat, dtype=torch.float64), down])
    return factors[step] if step < steps else torch.zeros(())


# %% right: cases in a match, and a subclass of ValueError
def wsd(step, steps, warmup, cooldown):
    class BadSchedule(ValueError):
        pass

    if not (step >= 0 and warmup >= 0 and cooldown >= 0 and warmup + cooldown <= steps and steps > 0):
        raise BadSchedule(f"{step=}, {steps=}, {warmup=}, {cooldown=}")
    match step:
        case s if s >= steps:
            return 0
        case s if s < warmup:
            return 1 - (warmup - s - 1) / warmup
        case s if s + cooldown >= steps:
            return 1 - math.sqrt(1 - (steps - s) / cooldown) if cooldown else 1
        case _:
            return 1
