# %% wrong: counts every number, channels too
def count_pixels(image):
    return image.numel()


# %% wrong: prints the number and returns nothing
def count_pixels(image):
    print(image.shape[1] * image.shape[2])


# %% wrong: the channels were taken for the height
def count_pixels(image):
    return image.shape[0] * image.shape[1]


# %% wrong: only right for the example of the text
def count_pixels(image):
    return 24


# %% wrong: adds where it should multiply
def count_pixels(image):
    C, H, W = image.shape
    return H + W


# %% wrong: assumes that there are always three channels
def count_pixels(image):
    return image.numel() // 3


# %% wrong: len of a tensor is the length of its first axis
def count_pixels(image):
    return len(image) * len(image[0])


# %% wrong: gives a text
def count_pixels(image):
    C, H, W = image.shape
    return f"{H * W} pixels"


# %% right: counts the numbers of the first channel
def count_pixels(image):
    return image[0].numel()


# %% right: counts one by one
def count_pixels(image):
    count = 0
    for row in image[0]:
        for pixel in row:
            count += 1
    return count


# %% right: a tensor of one element is a number as well
def count_pixels(image):
    return torch.tensor(image.shape[1:]).prod()


# %% right: a float
def count_pixels(image):
    return image.numel() / image.size(0)
