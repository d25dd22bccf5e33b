# %% wrong: the mean patch is not subtracted
def components_needed(patches, share):
    variance = torch.linalg.svdvals(patches) ** 2
    shares = variance.cumsum(0) / variance.sum()
    return int((shares < share).sum()) + 1


measured = {"photo": components_needed(photo_patches, 0.95), "shuffled": components_needed(shuffled_patches, 0.95)}


# %% wrong: singular values instead of their squares
def components_needed(patches, share):
    values = torch.linalg.svdvals(patches - patches.mean(dim=0))
    shares = values.cumsum(0) / values.sum()
    return int((shares < share).sum()) + 1


measured = {"photo": components_needed(photo_patches, 0.95), "shuffled": components_needed(shuffled_patches, 0.95)}


# %% wrong: the index of the last component instead of their number
def components_needed(patches, share):
    variance = torch.linalg.svdvals(patches - patches.mean(dim=0)) ** 2
    shares = variance.cumsum(0) / variance.sum()
    return int((shares < share).sum())


measured = {"photo": components_needed(photo_patches, 0.95), "shuffled": components_needed(shuffled_patches, 0.95)}


# %% wrong: the mean of each patch instead of the mean patch
def components_needed(patches, share):
    variance = torch.linalg.svdvals(patches - patches.mean(dim=1, keepdim=True)) ** 2
    shares = variance.cumsum(0) / variance.sum()
    return int((shares < share).sum()) + 1


measured = {"photo": components_needed(photo_patches, 0.95), "shuffled": components_needed(shuffled_patches, 0.95)}


# %% wrong: eigvalsh sorts upwards, so the small ones are added first
def components_needed(patches, share):
    variance = torch.linalg.eigvalsh(torch.cov(patches.T))
    shares = variance.cumsum(0) / variance.sum()
    return int((shares < share).sum()) + 1


measured = {"photo": components_needed(photo_patches, 0.95), "shuffled": components_needed(shuffled_patches, 0.95)}


# %% wrong: the variances of single pixels, not of directions
def components_needed(patches, share):
    variance = patches.var(dim=0).sort(descending=True).values
    shares = variance.cumsum(0) / variance.sum()
    return int((shares < share).sum()) + 1


measured = {"photo": components_needed(photo_patches, 0.95), "shuffled": components_needed(shuffled_patches, 0.95)}


# %% wrong: centres the caller's patches in place
def components_needed(patches, share):
    patches -= patches.mean(dim=0)
    variance = torch.linalg.svdvals(patches) ** 2
    shares = variance.cumsum(0) / variance.sum()
    return int((shares < share).sum()) + 1


measured = {"photo": components_needed(photo_patches, 0.95), "shuffled": components_needed(shuffled_patches, 0.95)}


# %% wrong: the share of 0.95 built in
def components_needed(patches, share=0.95):
    variance = torch.linalg.svdvals(patches - patches.mean(dim=0)) ** 2
    shares = variance.cumsum(0) / variance.sum()
    return int((shares < 0.95).sum()) + 1


measured = {"photo": components_needed(photo_patches, 0.95), "shuffled": components_needed(shuffled_patches, 0.95)}


# %% wrong: the two measurements have changed places
def components_needed(patches, share):
    variance = torch.linalg.svdvals(patches - patches.mean(dim=0)) ** 2
    shares = variance.cumsum(0) / variance.sum()
    return int((shares < share).sum()) + 1


measured = {"photo": components_needed(shuffled_patches, 0.95), "shuffled": components_needed(photo_patches, 0.95)}


# %% wrong: measured for a share of 0.9
def components_needed(patches, share):
    variance = torch.linalg.svdvals(patches - patches.mean(dim=0)) ** 2
    shares = variance.cumsum(0) / variance.sum()
    return int((shares < share).sum()) + 1


measured = {"photo": components_needed(photo_patches, 0.9), "shuffled": components_needed(shuffled_patches, 0.9)}


# %% wrong: guessed, and the guess was left in
def components_needed(patches, share):
    variance = torch.linalg.svdvals(patches - patches.mean(dim=0)) ** 2
    shares = variance.cumsum(0) / variance.sum()
    return int((shares < share).sum()) + 1


measured = {"photo": 96, "shuffled": 192}


# %% wrong: one mean for all numbers instead of one per column
def components_needed(patches, share):
    variance = torch.linalg.svdvals(patches - patches.mean()) ** 2
    shares = variance.cumsum(0) / variance.sum()
    return int((shares < share).sum()) + 1


measured = {"photo": components_needed(photo_patches, 0.95), "shuffled": components_needed(shuffled_patches, 0.95)}


# %% right: eigenvalues of the covariance, largest first, and a loop
def components_needed(patches, share):
    variance = torch.linalg.eigvalsh(torch.cov(patches.double().T)).flip(0).tolist()
    kept = count = 0
    while kept < share * sum(variance):
        kept += variance[count]
        count += 1
    return count


measured = {"photo": components_needed(photo_patches, 0.95), "shuffled": components_needed(shuffled_patches, 0.95)}


# %% right: NumPy and searchsorted, the results copied by hand
import numpy as np


def components_needed(patches, share):
    x = patches.numpy()
    s = np.linalg.svd(x - x.mean(0), compute_uv=False)
    return np.searchsorted(np.cumsum(s**2) / np.sum(s**2), share) + 1


measured = {"photo": 13, "shuffled": 77}


# %% right: scikit-learn's PCA, and numbers that are one off
def components_needed(patches, share):
    from sklearn.decomposition import PCA

    ratios = PCA().fit(patches.numpy()).explained_variance_ratio_
    return int((ratios.cumsum() < share).sum() + 1)


measured = {"photo": 14.0, "shuffled": torch.tensor(76)}


# %% right: a tensor of one element
def components_needed(patches, share):
    centred = patches - patches.mean(dim=0, keepdim=True)
    _, s, _ = torch.linalg.svd(centred, full_matrices=False)
    return (torch.cumsum(s.square() / s.square().sum(), dim=0) < share).sum() + 1


measured = {
    name: components_needed(patches, 0.95)
    for name, patches in [("photo", photo_patches), ("shuffled", shuffled_patches)]
}


# %% right: lengths of the projected patches, the guesses left in
def components_needed(patches, share):
    centred = patches - patches.sum(dim=0) / len(patches)
    _, directions = torch.linalg.eigh(centred.T @ centred)
    along = (centred @ directions).square().sum(dim=0).sort(descending=True).values
    return 1 + int((along.cumsum(0) < share * centred.square().sum()).sum())


guessed = {"photo": 40, "shuffled": 192}
measured = {"photo": components_needed(photo_patches, 0.95), "shuffled": components_needed(shuffled_patches, 0.95)}
