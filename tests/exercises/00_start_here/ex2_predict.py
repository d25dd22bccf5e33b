# %% wrong: pixels, not numbers
def numbers_in_photo():
    return 480 * 640


# %% wrong: the example's height was left in
def numbers_in_photo():
    return 3 * 4 * 640


# %% wrong: prints the number and returns nothing
def numbers_in_photo():
    print(3 * 480 * 640)


# %% wrong: bytes of a float32 tensor, not numbers
def numbers_in_photo():
    return 3 * 480 * 640 * 4


# %% wrong: adds the channels
def numbers_in_photo():
    return 480 * 640 + 3


# %% wrong: a text is not a number
def numbers_in_photo():
    return "921600"


# %% right: typed as a number with separators
def numbers_in_photo():
    return 921_600


# %% right: counted by PyTorch
def numbers_in_photo():
    return torch.zeros(3, 480, 640).numel()


# %% right: a float
def numbers_in_photo():
    return 9.216e5
