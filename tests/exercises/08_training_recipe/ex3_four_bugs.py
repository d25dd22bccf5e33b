# %% wrong: copied unchanged
class MendedTrainer(FoundTrainer):
    pass


# %% wrong: finds only the accumulation
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.batches += 1
        if self.batches % self.accumulate == 0:
            self.optimizer.step()
            self.optimizer.zero_grad()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, self.decay)
        self.scheduler.step()
        return loss.item()


# %% wrong: finds only the clipping
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        loss.backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, self.decay)
        self.scheduler.step()
        return loss.item()


# %% wrong: finds only the schedule
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.batches += 1
        if self.batches % self.accumulate == 0:
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, self.decay)
        return loss.item()


# %% wrong: finds only the average
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.batches += 1
        if self.batches % self.accumulate == 0:
            self.optimizer.step()
            self.optimizer.zero_grad()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        self.scheduler.step()
        return loss.item()


# %% wrong: finds three of four: the accumulation is still wrong
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        loss.backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: finds three of four: the clipping is still wrong
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.batches += 1
        if self.batches % self.accumulate == 0:
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: finds three of four: the schedule is still wrong
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        self.scheduler.step()
        return loss.item()


# %% wrong: finds three of four: the average is still wrong
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, self.decay)
        return loss.item()


# %% wrong: divides the loss that is returned as well
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item() / self.accumulate


# %% wrong: returns a tensor
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.detach()


# %% wrong: divides the gradients after they have been clipped
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        loss.backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            for p in self.model.parameters():
                p.grad /= self.accumulate
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: divides the gradients in every batch, those of earlier batches again and again
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        loss.backward()
        for p in self.model.parameters():
            p.grad /= self.accumulate
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: divides the learning rate instead of the loss
class MendedTrainer(FoundTrainer):
    def __init__(self, model, optimizer, steps, accumulate, clip, decay):
        super().__init__(model, optimizer, steps, accumulate, clip, decay)
        for group in optimizer.param_groups:
            group["lr"] /= accumulate
        self.scheduler.base_lrs = [rate / accumulate for rate in self.scheduler.base_lrs]

    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        loss.backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: clips each number instead of the norm
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_value_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: clips each parameter by itself
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            [nn.utils.clip_grad_norm_([p], self.clip) for p in self.model.parameters()]
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: clips after the step
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        pass
        self.batches += 1
        if self.batches % self.accumulate == 0:
            self.optimizer.step()
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: stretches short gradients to the length clip
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            norm = sum(p.grad.square().sum() for p in self.model.parameters()).sqrt()
            for p in self.model.parameters():
                p.grad *= self.clip / norm
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: moves the schedule before the step, so the first rate is never used
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.scheduler.step()
            self.optimizer.step()
            self.optimizer.zero_grad()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: counts the whole training in batches: the rate never reaches its end
class MendedTrainer(FoundTrainer):
    def __init__(self, model, optimizer, steps, accumulate, clip, decay):
        super().__init__(model, optimizer, steps, accumulate, clip, decay)
        batches = steps * accumulate
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.0, 1 - step / batches))

    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: no zero_grad: all gradients since the beginning
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: zero_grad after every batch, so only the last one counts
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        self.optimizer.zero_grad()
        return loss.item()


# %% wrong: the average moves after every batch
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.model.parameters()):
                mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: the average moves before the step, towards the weights of before
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
        return loss.item()


# %% wrong: the average is the model itself
class MendedTrainer(FoundTrainer):
    def __init__(self, model, optimizer, steps, accumulate, clip, decay):
        super().__init__(model, optimizer, steps, accumulate, clip, decay)
        self.average = model

    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: PyTorch's averaged model: its first update copies the weights
class MendedTrainer(FoundTrainer):
    def __init__(self, model, optimizer, steps, accumulate, clip, decay):
        super().__init__(model, optimizer, steps, accumulate, clip, decay)
        swa = torch.optim.swa_utils
        self.ema = swa.AveragedModel(model, multi_avg_fn=swa.get_ema_multi_avg_fn(decay))
        self.average = self.ema.module.requires_grad_(False)

    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            self.ema.update_parameters(self.model)
        return loss.item()


# %% wrong: takes the chapter's EMA
class MendedTrainer(FoundTrainer):
    def __init__(self, model, optimizer, steps, accumulate, clip, decay):
        super().__init__(model, optimizer, steps, accumulate, clip, decay)
        from utils.models.training_recipe import EMA

        self.ema = EMA(model, decay)
        self.average = self.ema.average

    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            self.ema.update(self.model)
        return loss.item()


# %% wrong: a step after the first batch already
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        pass
        self.batches += 1
        if (self.batches - 1) % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: clips each parameter group of the optimiser by itself
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            for group in self.optimizer.param_groups:
                nn.utils.clip_grad_norm_(group["params"], self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: divides by the number of batches so far instead of the number per step
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / (self.batches + 1)).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: clips in every batch, and again before the step
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: corrects the average for its start, as Adam does, although it does not begin at 0
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            share = (1 - self.decay) / (1 - self.decay ** (self.batches // self.accumulate))
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, share)
        return loss.item()


# %% wrong: the rate falls to 0 in the last step already
class MendedTrainer(FoundTrainer):
    def __init__(self, model, optimizer, steps, accumulate, clip, decay):
        super().__init__(model, optimizer, steps, accumulate, clip, decay)
        last = max(1, steps - 1)
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.0, 1 - step / last))

    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: the rate is negative after the end
class MendedTrainer(FoundTrainer):
    def __init__(self, model, optimizer, steps, accumulate, clip, decay):
        super().__init__(model, optimizer, steps, accumulate, clip, decay)
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)

    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% wrong: returns the mean of the step's losses so far
class MendedTrainer(FoundTrainer):
    seen = ()

    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.seen = (*self.seen, loss.item())
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
            self.seen = (loss.item(),)
        return sum(self.seen) / len(self.seen)


# %% right: divides the gradients just before they are clipped
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        loss.backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            [p.grad.div_(self.accumulate) for p in self.model.parameters()]
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()


# %% right: keeps the batches, and runs them together when the last one is in
class MendedTrainer:
    def __init__(self, model, optimizer, steps, accumulate, clip, decay):
        self.model, self.optimizer, self.average = model, optimizer, copy.deepcopy(model)
        for parameter in self.average.parameters():
            parameter.requires_grad = False
        self.full = [group["lr"] for group in optimizer.param_groups]
        self.steps, self.accumulate, self.clip, self.decay = steps, accumulate, clip, decay
        self.waiting, self.done = [], 0

    def batch(self, images, labels):
        with torch.no_grad():
            mean_loss = F.cross_entropy(self.model(images), labels)
        self.waiting.append((images, labels))
        if len(self.waiting) == self.accumulate:
            self.step(*map(torch.cat, zip(*self.waiting)))
            self.waiting.clear()
        return float(mean_loss)

    def step(self, images, labels):
        if self.done >= self.steps:
            return
        for group, rate in zip(self.optimizer.param_groups, self.full):
            group["lr"] = rate * (1 - self.done / self.steps)
        self.model.zero_grad()
        F.cross_entropy(self.model(images), labels).backward()
        norm = torch.cat([p.grad.flatten() for p in self.model.parameters()]).norm()
        for p in self.model.parameters():
            p.grad.mul_((self.clip / norm).clamp(max=1))
        self.optimizer.step()
        self.model.zero_grad()
        self.done += 1
        old, new = self.average.state_dict(), self.model.state_dict()
        self.average.load_state_dict({name: self.decay * old[name] + (1 - self.decay) * new[name] for name in old})


# %% right: PyTorch's averaged model, told that its first update has been
class MendedTrainer(FoundTrainer):
    def __init__(self, model, optimizer, steps, accumulate, clip, decay):
        super().__init__(model, optimizer, steps, accumulate, clip, decay)
        swa = torch.optim.swa_utils
        self.ema = swa.AveragedModel(model, multi_avg_fn=swa.get_ema_multi_avg_fn(decay))
        self.ema.n_averaged += 1
        self.average = self.ema.module.requires_grad_(False)

    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.scheduler.step()
            self.ema.update_parameters(self.model)
        return loss.item()


# %% right: counts down, with a schedule of PyTorch's own
class MendedTrainer(FoundTrainer):
    def __init__(self, model, optimizer, steps, accumulate, clip, decay):
        super().__init__(model, optimizer, steps, accumulate, clip, decay)
        self.scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=steps)
        self.missing = accumulate

    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels, reduction="sum") / len(labels)
        torch.autograd.backward(loss, torch.full_like(loss, 1 / self.accumulate))
        self.missing -= 1
        if not self.missing:
            self.missing = self.accumulate
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.scheduler.step()
            self.optimizer.zero_grad(set_to_none=False)
            for mean, now in zip(self.average.parameters(), self.model.parameters()):
                mean.data = mean.data + (1 - self.decay) * (now.data - mean.data)
        return loss.tolist()


# %% right: gradients in a list of its own, moved into the parameters when a step is due
class MendedTrainer(FoundTrainer):
    def __init__(self, model, optimizer, steps, accumulate, clip, decay):
        super().__init__(model, optimizer, steps, accumulate, clip, decay)
        self.parameters = list(model.parameters())
        self.sums = [torch.zeros_like(p) for p in self.parameters]

    def batch(self, images, labels):
        loss = F.cross_entropy(self.model(images), labels)
        for total, gradient in zip(self.sums, torch.autograd.grad(loss, self.parameters)):
            total += gradient
        self.batches += 1
        if self.batches == self.accumulate:
            self.batches = 0
            for parameter, total in zip(self.parameters, self.sums):
                parameter.grad = total / self.accumulate
                total.zero_()
            nn.utils.clip_grad_norm_(self.parameters, self.clip)
            self.optimizer.step()
            self.scheduler.step()
            with torch.no_grad():
                torch._foreach_lerp_(list(self.average.parameters()), self.parameters, 1 - self.decay)
        return loss.item()


# %% right: clears the gradients when a step's first batch comes in, not after the last
class MendedTrainer(FoundTrainer):
    def batch(self, images, labels):
        if self.batches % self.accumulate == 0:
            self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(images), labels)
        (loss / self.accumulate).backward()
        self.batches += 1
        if self.batches % self.accumulate == 0:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.scheduler.step()
            with torch.no_grad():
                for mean, now in zip(self.average.parameters(), self.model.parameters()):
                    mean.lerp_(now, 1 - self.decay)
        return loss.item()
