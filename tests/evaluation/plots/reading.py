"""What is written and drawn in axes."""


def texts(ax):
    return [t.get_text() for t in ax.texts]


def names(ax):
    return [t.get_text() for t in ax.get_legend().get_texts()]


def data(lines):
    return [line.get_xydata().tolist() for line in lines]
