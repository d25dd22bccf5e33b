# %% wrong: rounds down: the last windows are lost
def predictions():
    return {
        "windows": 4 * 7 * 10,
        "padding": 512,
        "weights": 2_535_456,
        "multiply_adds": 40_567_296,
        "entry": 19,
        "pairs": 6,
    }


# %% wrong: windows of one map
def predictions():
    return {
        "windows": 8 * 11,
        "padding": 512,
        "weights": 2_535_456,
        "multiply_adds": 40_567_296,
        "entry": 19,
        "pairs": 6,
    }


# %% wrong: padding of the batch
def predictions():
    return {
        "windows": 352,
        "padding": 4 * 512,
        "weights": 2_535_456,
        "multiply_adds": 40_567_296,
        "entry": 19,
        "pairs": 6,
    }


# %% wrong: pads a whole window more
def predictions():
    return {
        "windows": 352,
        "padding": 63 * 84 - 50 * 76,
        "weights": 2_535_456,
        "multiply_adds": 40_567_296,
        "entry": 19,
        "pairs": 6,
    }


# %% wrong: one head only
def predictions():
    return {
        "windows": 352,
        "padding": 512,
        "weights": 352 * 49**2,
        "multiply_adds": 40_567_296,
        "entry": 19,
        "pairs": 6,
    }


# %% wrong: weights of global attention
def predictions():
    return {
        "windows": 352,
        "padding": 512,
        "weights": 4 * 3 * (56 * 77) ** 2,
        "multiply_adds": 40_567_296,
        "entry": 19,
        "pairs": 6,
    }


# %% wrong: without the padding
def predictions():
    return {
        "windows": 352,
        "padding": 512,
        "weights": 2_535_456,
        "multiply_adds": 2 * 49 * 50 * 76 * 96,
        "entry": 19,
        "pairs": 6,
    }


# %% wrong: only comparing, not mixing
def predictions():
    return {
        "windows": 352,
        "padding": 512,
        "weights": 2_535_456,
        "multiply_adds": 49 * 56 * 77 * 96,
        "entry": 19,
        "pairs": 6,
    }


# %% wrong: operations instead of multiply-adds
def predictions():
    return {
        "windows": 352,
        "padding": 512,
        "weights": 2_535_456,
        "multiply_adds": 4 * 49 * 56 * 77 * 96,
        "entry": 19,
        "pairs": 6,
    }


# %% wrong: with the projections
def predictions():
    return {
        "windows": 352,
        "padding": 512,
        "weights": 2_535_456,
        "multiply_adds": 4 * 56 * 77 * 96**2 + 2 * 49 * 56 * 77 * 96,
        "entry": 19,
        "pairs": 6,
    }


# %% wrong: key minus query
def predictions():
    return {
        "windows": 352,
        "padding": 512,
        "weights": 2_535_456,
        "multiply_adds": 40_567_296,
        "entry": 5 * 11 + 2,
        "pairs": 6,
    }


# %% wrong: rows and columns exchanged in the product
def predictions():
    return {
        "windows": 352,
        "padding": 512,
        "weights": 2_535_456,
        "multiply_adds": 40_567_296,
        "entry": 1 * 7 + 8,
        "pairs": 6,
    }


# %% wrong: columns before rows
def predictions():
    return {
        "windows": 352,
        "padding": 512,
        "weights": 2_535_456,
        "multiply_adds": 40_567_296,
        "entry": 8 * 7 + 1,
        "pairs": 6,
    }


# %% wrong: pairs counted in all directions
def predictions():
    return {
        "windows": 352,
        "padding": 512,
        "weights": 2_535_456,
        "multiply_adds": 40_567_296,
        "entry": 19,
        "pairs": 2 * 6,
    }


# %% wrong: as many pairs as cells without that offset
def predictions():
    return {
        "windows": 352,
        "padding": 512,
        "weights": 2_535_456,
        "multiply_adds": 40_567_296,
        "entry": 19,
        "pairs": 4 * 6 - 2 * 3,
    }


# %% right: products written out
def predictions():
    return {
        "windows": 4 * 88,
        "padding": 56 * 77 - 50 * 76,
        "weights": 352 * 3 * 49 * 49,
        "multiply_adds": 2 * 4312 * 49 * 96,
        "entry": 1 * 11 + 8,
        "pairs": 2 * 3,
    }


# %% right: floats and tensors
def predictions():
    return {
        "windows": 352.0,
        "padding": torch.tensor(512),
        "weights": 2535456.0,
        "multiply_adds": torch.tensor([40567296]),
        "entry": torch.tensor(19.0),
        "pairs": 6.0,
    }


# %% right: counted by going through all pairs
def predictions():
    cells = [(r, c) for r in range(4) for c in range(6)]

    def offset(i, j):
        return i[0] - j[0], i[1] - j[1]

    offsets = sorted({offset(i, j) for i in cells for j in cells})
    wanted = offset((0, 4), (2, 1))
    rows, columns = len(range(0, 50, 7)), len(range(0, 76, 7))
    return {
        "windows": rows * columns * 4,
        "padding": rows * columns * 49 - 3800,
        "weights": rows * columns * 4 * 3 * 7**4,
        "multiply_adds": rows * columns * 49 * 49 * 96 * 2,
        "entry": offsets.index(wanted),
        "pairs": sum(offset(i, j) == wanted for i in cells for j in cells),
    }
