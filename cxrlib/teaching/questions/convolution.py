"""Questions of chapter 03."""

QUESTIONS = [
    (
        "A map is white along one side of a rib and black along the other. Why?",
        [
            (
                "One side of the rib is denser",
                False,
                "Sobel x does not ask how bright it is, only how brightness changes.",
            ),
            (
                "On one side it gets brighter rightwards, on the other darker",
                True,
                "Positive and negative sums: the same edge seen coming and going.",
            ),
            (
                "The kernel was flipped",
                False,
                "A flip would exchange black and white, on both sides.",
            ),
        ],
    ),
    (
        "You train on 64 × 64 pixels, then feed 224 × 224. A layer of 3 × 3 kernels",
        [
            (
                "needs twelve times as many weights",
                False,
                "That was the dense layer of chapter 02.",
            ),
            (
                "works unchanged and gives larger maps",
                True,
                "But a rib is now three times as wide, and the kernel still sees three pixels.",
            ),
            (
                "must be trained again before it runs at all",
                False,
                "It runs. Whether its answers still mean the same is another question.",
            ),
        ],
    ),
    (
        "The child lies five pixels further right. The map of a convolution",
        [
            (
                "stays as it was",
                False,
                "That would be invariance. Who told the map to forget where things are?",
            ),
            (
                "moves five pixels to the right",
                True,
                "That is equivariance, and it holds away from the border.",
            ),
            (
                "becomes another map altogether",
                False,
                "Number by number it looks so. Move it back and compare.",
            ),
        ],
    ),
    (
        "A network's loss on your hospital's pictures is almost zero. What do you know?",
        [
            (
                "That it has found the right kernels",
                False,
                "On a smooth chest, wrong ones paid almost nothing either.",
            ),
            (
                "That its answers fit pictures like these",
                True,
                "A sharper scanner could show what its weights really are.",
            ),
        ],
    ),
]
