"""Compare options of the head by cross-validation on shots: where its defaults come from.

    python choose.py DATA PROMPTS SHOTS 'learning_rate=0.0003,0.001' 'epochs=10,30'

DATA is a folder of class folders, PROMPTS a prompt set. Of each class, SHOTS recordings are drawn, three times; nothing
else of the set is looked at. Prints accuracy and cross-entropy on the held-out folds, the mean over draws and shots.
"""

import itertools
import json
import sys

import torch
from neuroclip import load_model
from neuroclip.bank import Bank
from neuroclip.classes import Classes, load_prompts
from neuroclip.datasets import make_split, open_dataset
from neuroclip.heads import folds, make
from neuroclip_lora.head import Lora
from torch.nn.functional import cross_entropy

DRAWS = 3


def main(data, prompts, shots, *tried):
    """Print a row for each combination of the values that are tried."""
    dataset, model = open_dataset(data), load_model()
    classes, bank = Classes(dataset.classes, load_prompts(prompts), model), Bank()
    options = dict(one.split("=") for one in tried)
    print("| " + " | ".join([*options, "accuracy, %", "cross-entropy, nats"]) + " |")
    print("|---" * (len(options) + 2) + "|")
    for values in itertools.product(*(map(json.loads, text.split(",")) for text in options.values())):
        head, right, loss = make(Lora, dict(zip(options, values, strict=True))), [], []
        for seed in range(DRAWS):
            split = make_split(dataset, shots=int(shots), seed=seed)
            items = [item for item in dataset.items if item.name in set(split.train)]
            x = bank.get(head.representation, [item.file for item in items], lambda _: model)
            y = torch.tensor([dataset.classes.index(item.label) for item in items])
            for shown, asked in folds(y, seed):
                state = head.fit(x[shown], y[shown], classes, seed=seed)
                with torch.no_grad():
                    logits = head.logits(state, x[asked], classes)
                right += (logits.argmax(-1) == y[asked]).tolist()
                loss += cross_entropy(logits, y[asked], reduction="none").tolist()
        cells = [*map(str, values), f"{100 * sum(right) / len(right):.1f}", f"{sum(loss) / len(loss):.4f}"]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
