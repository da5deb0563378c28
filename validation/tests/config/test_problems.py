"""What is wrong in a file: every mistake has its line and its advice, and all of them are told at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Problems = Callable[[str], list[str]]

HEAD = "model: m\ndata: {base_case: a, recent: b}\nlabel: y\n"  # lines 1 to 3
THRESHOLD = (
    "a number above 0 and below 1, model (what each model's metadata say), or one for each, such as "
    "{champion: 0.4, challenger: 0.35}"
)


def ask(*requirements: str) -> str:
    """A file whose requirements stand from line 5 on; slices by sex are declared on line 4."""
    return HEAD + "slices: [{by: sex}]\nrequirements:\n" + "".join(f"  - {{{text}}}\n" for text in requirements)


def slices(*entries: str) -> str:
    """A file whose slices stand from line 5 on."""
    return HEAD + "slices:\n" + "".join(f"  - {{{text}}}\n" for text in entries)


def of_task(task: str, text: str) -> str:
    """A file of a task on line 4 that goes on with the text from line 5."""
    return HEAD + f"task: {task}\n" + text


def own(*entries: str) -> str:
    """A file whose own metrics stand from line 5 on, and whose requirement asks about mymetrics.profit."""
    return (
        HEAD
        + "own_metrics:\n"
        + "".join(f"  - {{{text}}}\n" for text in entries)
        + "requirements: [{metric: mymetrics.profit, margin: 1}]\n"
    )


def fair(*entries: str) -> str:
    """A file whose fairness requirements stand from line 5 on."""
    return HEAD + "fairness:\n" + "".join(f"  - {{{text}}}\n" for text in entries)


TOP = {
    "unknown key": (HEAD + "treshold: 0.5\n", '4: unknown key "treshold"; did you mean "threshold"?'),
    "key twice": (HEAD + "seed: 1\nseed: 2\n", '5: the key "seed" stands twice, first on line 4; remove one.'),
    "merge": (HEAD + "mode: gate\n<<: {seed: 1}\n", '5: merging with "<<" is not read; write the keys out.'),
    "disclosure": (HEAD + "disclosure: publik\n", '4: unknown disclosure "publik"; did you mean "public"?'),
    "minimum cell": (HEAD + "minimum_cell: 1\n", "4: minimum_cell must be a whole number that is at least 2, found 1."),
    "private label": (HEAD + "private: [y]\n", '4: "y" is private and stands under label, where its values would be'),
    "private slice": (
        HEAD + "slices: [{by: sex}]\nprivate: [sex]\n",
        '5: "sex" is private and stands under slices, where its values would be names in every output',
    ),
    "private sensitive": (
        HEAD + "sensitive: [sex]\nprivate: [sex]\n",
        '5: "sex" is private and stands under sensitive, where its values would be names in every output',
    ),
    "no model": ("data: d\nlabel: y\n", "1: model is missing: give the name that the model is registered under"),
    "no data": ("model: m\nlabel: y\n", "1: data is missing: give the evaluation rows, such as data: test.parquet."),
    "no label": ("model: m\ndata: d\n", "1: label is missing: name the column that holds the truth"),
    "model address": ("model: a/b\ndata: d\nlabel: y\n", "1: model is a plain name, without / : @"),
    "number as text": ("model: 7\ndata: d\nlabel: y\n", '1: model must be text, such as "7" in quotes, found 7.'),
    "list as text": (HEAD + "title: [a]\n", "4: title must be text, found a list."),
    "empty text": (HEAD + 'title: " "\n', "4: title is empty; write something, or leave the key out."),
    "no value": (HEAD + "title:\n", "4: title has no value: it must be text; write one, or leave the key out."),
    "threshold": (HEAD + "threshold: 1\n", f"4: threshold must be {THRESHOLD}, found 1."),
    "threshold text": (HEAD + "threshold: half\n", f'4: threshold must be {THRESHOLD}, found "half".'),
    "threshold truth": (HEAD + "threshold: true\n", f"4: threshold must be {THRESHOLD}, found true."),
    "threshold nan": (HEAD + "threshold: .nan\n", f"4: threshold must be {THRESHOLD}, found .nan."),
    "confidence": (HEAD + "confidence: 0.5\n", "4: confidence must be a number above 0.5 and below 1, found 0.5."),
    "timeout": (HEAD + "model_timeout: 0\n", "4: model_timeout must be a number above 0, found 0."),
    "timeout infinite": (HEAD + "model_timeout: -.inf\n", "4: model_timeout must be a number above 0, found -.inf."),
    "seed": (HEAD + "seed: -1\n", "4: seed must be a whole number that is not negative, found -1."),
    "seed part": (HEAD + "seed: 1.5\n", "4: seed must be a whole number that is not negative, found 1.5."),
    "mode": (HEAD + "mode: watch\n", '4: unknown mode "watch"; known are: gate, observe'),
    "inconclusive": (
        HEAD + "on_inconclusive: aprove\n",
        '4: unknown on_inconclusive "aprove"; did you mean "approve"?',
    ),
    "list": (HEAD + "suites: data_tests\n", '4: suites must be a list, such as [one, two], found "data_tests".'),
    "entry twice": (HEAD + "suites:\n  - a\n  - a\n", '6: "a" stands twice in suites; remove one.'),
    "entry kind": (HEAD + "suites: [1]\n", "4: every entry of suites must be text, found 1."),
    "sensitive label": (HEAD + "sensitive: [y]\n", '4: "y" is the label and cannot be sensitive; remove it'),
    "id is label": (HEAD + "id: y\n", '4: "y" is the label and cannot identify rows; name another column'),
    "approval": (
        HEAD + "approval: yes\n",
        '4: approval must be a mapping with keys such as by, allow_demo, found "yes".',
    ),
    "approval nobody": (
        HEAD + "approval: {by: []}\n",
        "4: approval.by names nobody; leave it out to let anyone approve",
    ),
    "approval flag": (HEAD + "approval: {allow_demo: 1}\n", "4: approval.allow_demo must be true or false, found 1."),
    "approval key": (HEAD + "approval: {who: [a]}\n", '4: unknown key "approval.who"; known are: allow_demo, by'),
    "train": (
        HEAD + "train: train.py\n",
        '4: train must be module:function, such as model.train:train, found "train.py".',
    ),
    "train key": (HEAD + "train: {config: c}\n", "4: train.callable is missing: name the function"),
    "train timeout": (
        HEAD + "train: {callable: a:b, timeout: -3}\n",
        "4: train.timeout must be a number above 0, found -3.",
    ),
    "train kind": (
        HEAD + "train: [a]\n",
        "4: train must be a mapping with keys such as callable, config, timeout, found a list.",
    ),
    "extends": (HEAD + "extends: policy.yaml\n", '4: unknown key "extends"'),
    "list file": ("- model\n", "1: the file must be a mapping with keys such as model, title, owner, found a list."),
    "words file": ("hello", '1: the file must be a mapping with keys such as model, title, owner, found "hello".'),
    "empty file": ("# nothing\n", "1: the file is empty; a minimal one has three lines"),
    "long key": (HEAD + "x" * 100 + ": 1\n", '4: unknown key "' + "x" * 57 + '..."'),
}

TASKS = {
    "task": (HEAD + "task: regresion\n", '4: unknown task "regresion"; did you mean "regression"?'),
    "threshold of regression": (
        of_task("regression", "threshold: 0.5\n"),
        "5: threshold makes decisions of the scores of a binary task, and task is regression; remove it.",
    ),
    "positive of regression": (
        "model: m\ndata: d\ntask: regression\nlabel:\n  column: y\n  positive: 1\n",
        "6: label.positive goes with task: binary, and task is regression; a number is the label itself.",
    ),
    "negative of multiclass": (
        "model: m\ndata: d\ntask: multiclass\nlabel: {column: y,\n  negative: a}\n",
        "5: label.negative goes with task: binary, and task is multiclass; name the values under classes.",
    ),
    "names of multiclass": (
        "model: m\ndata: d\ntask: multiclass\nlabel: {column: y, names: {positive: a, negative: b}}\n",
        "4: label.names goes with task: binary, and task is multiclass",
    ),
    "classes of binary": (
        "model: m\ndata: d\nlabel: {column: y, classes: [a, b]}\n",
        "3: label.classes goes with task: multiclass; a binary label has positive and negative.",
    ),
    "classes of regression": (
        "model: m\ndata: d\ntask: regression\nlabel: {column: y, classes: [a, b]}\n",
        "4: label.classes goes with task: multiclass; a number has no classes.",
    ),
    "one class": (
        "model: m\ndata: d\ntask: multiclass\nlabel: {column: y, classes: [a]}\n",
        "4: label.classes must name at least two values",
    ),
    "class twice": (
        "model: m\ndata: d\ntask: multiclass\nlabel: {column: y, classes: [1, 2, 1.0]}\n",
        '4: "1" stands twice in label.classes; remove one.',
    ),
    "class kind": (
        "model: m\ndata: d\ntask: multiclass\nlabel: {column: y, classes: [a, b, [c]]}\n",
        "4: every entry of label.classes must be one value, found a list.",
    ),
    "classes kind": (
        "model: m\ndata: d\ntask: multiclass\nlabel: {column: y, classes: a}\n",
        '4: label.classes must be a list of values, such as [a, b, c], found "a".',
    ),
    "fairness of regression": (
        of_task("regression", "fairness: [{metric: recall, attribute: a, margin: 0.1}]\n"),
        "5: recall is of a binary task, and task is regression; take one that is, such as mae_difference.",
    ),
    "costs of multiclass": (
        of_task("multiclass", "costs: {false_positive: 1}\n"),
        "5: costs counts the four outcomes of a binary task, and task is multiclass; remove it.",
    ),
    "metric of regression": (
        ask("metric: rmse, margin: 1"),
        '6: the metric "rmse" belongs to task: regression, and task is binary; take one of binary.',
    ),
    "margin in points": (
        ask("metric: accuracy, margin: 2"),
        "6: margin 2 decides nothing, since accuracy lies between 0 and 1; 2 points are 0.02.",
    ),
    "margin of a whole range": (
        ask("metric: mcc, rule: unchanged, margin: 2"),
        "6: margin 2 decides nothing, since mcc lies between -1 and 1; 2 points are 0.02.",
    ),
    "metric of multiclass": (
        of_task("regression", "requirements: [{metric: f1_macro, margin: 1}]\n"),
        '5: the metric "f1_macro" belongs to task: multiclass, and task is regression',
    ),
    "metric of binary": (
        of_task("multiclass", "requirements: [{metric: roc_auc, margin: 1}]\n"),
        '5: the metric "roc_auc" belongs to task: binary, and task is multiclass',
    ),
    "oddities by a metric of binary": (
        of_task("regression", "oddities: {metric: accuracy, margin: 1}\n"),
        '5: the metric "accuracy" belongs to task: binary or multiclass, and task is regression; '
        "take one of regression.",
    ),
}

MEASURING = {
    "threshold key": (
        HEAD + "threshold: {champion: 0.4, challenger: 0.3, old: 1}\n",
        '4: unknown key "threshold.old"; known are: challenger, champion',
    ),
    "threshold of one": (
        HEAD + "threshold: {champion: 0.4}\n",
        "4: threshold.challenger is missing: give both thresholds, or one number for both models.",
    ),
    "threshold of each": (
        HEAD + "threshold: {champion: 0.4, challenger: 0}\n",
        "4: threshold.challenger must be a number above 0 and below 1, found 0.",
    ),
    "threshold list": (HEAD + "threshold: [0.4]\n", f"4: threshold must be {THRESHOLD}, found a list."),
    "costs and values": (
        HEAD + "costs: {false_positive: 1}\nvalues: {true_positive: 1}\n",
        "5: values stands beside costs, and money is counted one way; a gain is a cost below 0.",
    ),
    "costs of nothing": (
        HEAD + "costs: {currency: €}\n",
        "4: costs counts nothing, since every outcome has 0; give amounts, such as costs: {false_positive: 100",
    ),
    "costs kind": (HEAD + "costs: 100\n", "4: costs must be a mapping with keys such as true_negative"),
    "costs key": (
        HEAD + "costs: {false_positives: 1, true_positive: 1}\n",
        '4: unknown key "costs.false_positives"; did you mean "false_positive"?',
    ),
    "amount": (
        HEAD + "values: {true_positive: .inf}\n",
        "4: values.true_positive must be a number, or the name of a column that holds one for every row, found .inf.",
    ),
    "amount truth": (HEAD + "values: {true_positive: true}\n", "4: values.true_positive must be a number, or the name"),
    "amount list": (HEAD + "values: {true_positive: [1]}\n", "4: values.true_positive must be a number, or the name"),
    "amount empty": (HEAD + 'values: {true_positive: " "}\n', "4: values.true_positive is empty; write something"),
    "cost without costs": (
        ask("metric: cost, margin: 1"),
        "6: cost needs costs: say what each outcome is worth, such as costs: {false_positive: 100, false_negative",
    ),
    "value with costs": (
        HEAD + "costs: {false_positive: 1}\nrequirements: [{metric: value, margin: 1}]\n",
        "5: value needs values: say what each outcome is worth",
    ),
    "own none": (HEAD + "own_metrics: []\n", "4: own_metrics is empty; name a function, or leave it out."),
    "own no list": (HEAD + "own_metrics: mymetrics.profit\n", "4: own_metrics must be a list, one entry per line"),
    "own kind": (
        HEAD + "own_metrics:\n  - mymetrics.profit\n",
        "5: an own metric must be a mapping with keys such as name, title, greater_is_better, "
        'found "mymetrics.profit".',
    ),
    "own no name": (
        own("name: mymetrics.profit", "title: Profit"),
        "6: name is missing: give module.function, such as name: mymetrics.profit.",
    ),
    "own name": (
        own("name: mymetrics.profit", "name: profit"),
        '6: name must be module.function, such as mymetrics.profit, found "profit".',
    ),
    "own callable": (
        own("name: mymetrics.profit", 'name: "mymetrics:profit"'),
        '6: name must be module.function, such as mymetrics.profit, found "mymetrics:profit".',
    ),
    "own module": (
        own("name: mymetrics.profit", "name: yourmetrics.profit"),
        '6: there is no module "yourmetrics"; check yourmetrics.profit.',
    ),
    "own twice": (
        own("name: mymetrics.profit", "name: mymetrics.profit"),
        '6: "mymetrics.profit" stands twice in own_metrics; remove one.',
    ),
    "own direction": (
        own("name: mymetrics.profit, greater_is_better: yes"),
        '5: greater_is_better must be true or false, found "yes".',
    ),
    "own minimum": (
        own("name: mymetrics.profit, minimum: 0"),
        "5: minimum must be a whole number that is at least 1, found 0.",
    ),
    "own key": (own("name: mymetrics.profit, min: 5"), '5: unknown key "min"'),
    "own without direction": (
        own("name: mymetrics.profit, greater_is_better: null"),
        "6: neither more nor less mymetrics.profit is better; take unchanged, at_least or at_most",
    ),
    "own unused": (
        HEAD + "own_metrics: [{name: mymetrics.profit}]\n",
        '4: the own metric "mymetrics.profit" is asked about nowhere; name it in a requirement.',
    ),
    "own not declared": (
        ask("metric: mymetrics.profit, margin: 1"),
        '6: unknown metric "mymetrics.profit"; declare it under own_metrics, if it is a function of yours.',
    ),
    "own misspelt": (
        own("name: mymetrics.profit").replace("{metric: ", "{metric: mymetrics.proft, margin: 1}, {metric: "),
        '6: unknown metric "mymetrics.proft"; did you mean "mymetrics.profit"?',
    ),
    "replicates": (HEAD + "replicates: 99\n", "4: replicates must be a whole number that is at least 100, found 99."),
    "uses": (HEAD + "uses: 0\n", "4: uses must be a whole number that is at least 1, found 0."),
    "seeds": (
        HEAD + "train: {callable: a:b, seeds: 1}\n",
        "4: train.seeds must be 0 or at least 2, since one challenger shows no spread.",
    ),
    "seeds kind": (
        HEAD + "train: {callable: a:b, seeds: 2.5}\n",
        "4: train.seeds must be a whole number that is not negative, found 2.5.",
    ),
    "baseline unused": (
        HEAD + "baseline: last\nrequirements: [{metric: accuracy, margin: 0}]\n",
        "4: baseline is compared with nowhere: write than: baseline in a requirement, or remove it.",
    ),
}

COLUMNS = {
    "unit is label": (HEAD + "unit: y\n", '4: "y" is the label and cannot be the unit; name another column, or leave'),
    "weight is label": (HEAD + "weight: y\n", '4: "y" is the label and cannot be a weight; name another column'),
    "baseline is label": (HEAD + "baseline: y\n", '4: "y" is the label and cannot be the baseline; name another'),
    "unit is id": (
        HEAD + "id: a\nunit: a\n",
        '5: "a" identifies rows, so no two rows share a unit; leave unit out.',
    ),
    "weight is id": (HEAD + "id: a\nweight: a\n", '5: "a" stands under id and weight; one column cannot be both.'),
    "weight is unit": (
        HEAD + "unit: a\nweight: a\n",
        '5: "a" stands under unit and weight; one column cannot be both.',
    ),
    "baseline is weight": (
        HEAD + "baseline: a\nweight: a\n",
        '4: "a" stands under weight and baseline; one column cannot be both.',
    ),
    "weight is sensitive": (
        HEAD + "weight: a\nsensitive: [a]\n",
        '5: "a" is the weight, no attribute of people whose groups could be compared; remove it from the list.',
    ),
    "unit is sensitive": (HEAD + "sensitive: [a]\nunit: a\n", '4: "a" is the unit, no attribute of people'),
    "amount is label": (
        HEAD + "costs: {false_negative: y}\n",
        '4: "y" is the label and holds no money; name another column under costs.',
    ),
    "unit kind": (HEAD + "unit: 7\n", '4: unit must be text, such as "7" in quotes, found 7.'),
}

SOURCES = {
    "label column": ("model: m\ndata: d\nlabel:\n  positive: 1\n", "4: label.column is missing: name the column"),
    "label kind": ("model: m\ndata: d\nlabel: [y]\n", "3: label must be a mapping with keys such as column, positive"),
    "label null": ("model: m\ndata: d\nlabel:\n", "3: label has no value: it must be text"),
    "label same": (
        "model: m\ndata: d\nlabel: {column: y, positive: 1,\n  negative: 1.0}\n",
        '4: label.positive and label.negative are both "1"; a label has two values.',
    ),
    "label same in a list": (
        "model: m\ndata: d\nlabel: {column: y, positive: a,\n  negative: [b, a]}\n",
        '4: label.positive and label.negative are both "a"; a label has two values.',
    ),
    "label negative of none": (
        "model: m\ndata: d\nlabel: {column: y, positive: a, negative: []}\n",
        "3: label.negative names no value; name those that are negative, or write null.",
    ),
    "label value": (
        "model: m\ndata: d\nlabel: {column: y, positive: [1]}\n",
        "3: label.positive must be one value, such as 1, true or a word, found a list.",
    ),
    "label infinite": (
        "model: m\ndata: d\nlabel: {column: y, positive: .inf}\n",
        "3: label.positive must be one value",
    ),
    "label names": (
        "model: m\ndata: d\nlabel: {column: y, names: {positive: a, negative: a}}\n",
        '3: both decisions are called "a"; give them different names.',
    ),
    "label names key": (
        "model: m\ndata: d\nlabel: {column: y, names: {1: a}}\n",
        '3: unknown key "label.names.1"; known are: negative, positive',
    ),
    "data kind": ("model: m\ndata: [d]\nlabel: y\n", "2: data must be a path, or a mapping of names to paths"),
    "data null": ("model: m\ndata:\nlabel: y\n", "2: data has no value"),
    "no base case": (
        "model: m\ndata: {train: d}\nlabel: y\n",
        "2: data.base_case is missing: it holds the evaluation rows",
    ),
    "no path": ("model: m\ndata: {base_case: {suite: s}}\nlabel: y\n", "2: data.base_case.path is missing"),
    "two origins": (
        "model: m\ndata: {base_case: {path: a, callable: 'b:c'}}\nlabel: y\n",
        "2: data.base_case.callable stands beside path, and rows come from one place; remove one.",
    ),
    "no query": ("model: m\ndata: {base_case: {url: a}}\nlabel: y\n", "2: data.base_case.query is missing"),
    "no url": ("model: m\ndata: {base_case: {path: a, query: b}}\nlabel: y\n", "2: data.base_case.url is missing"),
    "no function": (
        "model: m\ndata: {base_case: {callable: b}}\nlabel: y\n",
        '2: data.base_case.callable must be module:function, such as data.orders:read, found "b".',
    ),
    "options of a file": (
        "model: m\ndata: {base_case: {path: a, options: {b: 1}}}\nlabel: y\n",
        "2: data.base_case.options goes with callable; remove it.",
    ),
    "level without suite": (
        "model: m\ndata: {base_case: {path: d, level: guarded}}\nlabel: y\n",
        "2: data.base_case.level weighs the findings of a suite, and there is none",
    ),
    "level of suite": (
        "model: m\ndata: {base_case: {path: d, suite: s, level: strict}}\nlabel: y\n",
        '2: unknown level "strict"; known are: advisory, guarded, required',
    ),
    "data name": (
        "model: m\ndata: {base_case: d, a b: e}\nlabel: y\n",
        '2: the name of the data set "a b" must be letters',
    ),
    "data name taken": (
        "model: m\ndata: {base_case: d, oddities: e}\nlabel: y\n",
        '2: the name of the data set "oddities" means',
    ),
    "data path kind": (
        "model: m\ndata:\n  base_case: 3\nlabel: y\n",
        '3: data.base_case must be text, such as "3" in quotes',
    ),
    "data entry list": (
        "model: m\ndata:\n  base_case: [a]\nlabel: y\n",
        "3: data.base_case must be a mapping with keys such as",
    ),
    "train is base case": (
        "model: m\ndata: {train: d, base_case: d}\nlabel: y\n",
        "2: data.base_case is the file of data.train; judge models on rows they were not trained on.",
    ),
}

REQUIREMENTS = {
    "metric": (ask("metric: acuracy, margin: 0.1"), '6: unknown metric "acuracy"; did you mean "accuracy"?'),
    "no metric": (ask("margin: 0.1"), "6: metric is missing: say which number the requirement is about"),
    "rule": (ask("metric: recall, rule: atleast, bound: 1"), '6: unknown rule "atleast"; did you mean "at_least"?'),
    "level": (ask("metric: recall, margin: 0, level: requird"), '6: unknown level "requird"; did you mean "required"?'),
    "key": (ask("metric: recall, margin: 0, marign: 1"), '6: unknown key "marign"; did you mean "margin"?'),
    "kind": (
        HEAD + "requirements:\n  - accuracy\n",
        "5: a requirement must be a mapping with keys such as metric, rule",
    ),
    "no list": (
        HEAD + "requirements: {metric: recall}\n",
        "4: requirements must be a list, one entry per line, each starting",
    ),
    "none": (HEAD + "requirements: []\n", "4: requirements is empty, so nothing would be asked; leave it out for"),
    "no margin": (
        ask("metric: recall"),
        "6: margin is missing: say how much worse is still allowed, such as margin: 0.01.",
    ),
    "no margin unchanged": (
        ask("metric: recall, rule: unchanged"),
        "6: margin is missing: say how much change is still allowed",
    ),
    "negative margin": (
        ask("metric: recall, margin: -1"),
        "6: margin must be a number that is not negative, or a share",
    ),
    "margin word": (ask("metric: recall, margin: little"), "6: margin must be a number that is not negative"),
    "margin truth": (ask("metric: recall, margin: true"), "6: margin must be a number that is not negative"),
    "margin list": (ask("metric: recall, margin: [1]"), "6: margin must be a number that is not negative"),
    "margin and bound": (
        ask("metric: recall, rule: at_least, bound: 0.5, margin: 0.1"),
        "6: at_least takes bound, not margin; margin goes with not_worse, better and unchanged.",
    ),
    "bound with not_worse": (
        ask("metric: recall, margin: 0.1, bound: 0.5"),
        "6: not_worse takes margin, not bound; bound goes with at_least and at_most.",
    ),
    "no bound": (ask("metric: recall, rule: at_most"), "6: bound is missing: at_most needs the number to compare with"),
    "bound kind": (ask("metric: recall, rule: at_most, bound: x"), '6: bound must be a number, found "x".'),
    "data set": (
        ask("metric: recall, margin: 0, dataset: recnt"),
        '6: unknown data set "recnt"; did you mean "recent"?',
    ),
    "train rows": (
        "model: m\ndata: {base_case: a, train: b}\nlabel: y\nrequirements: [{metric: f1, margin: 0, dataset: train}]\n",
        "4: requirements are not judged on rows that a model was trained on; take base_case.",
    ),
    "slice name": (
        ask('metric: recall, margin: 0, on: "sex = F"'),
        '6: unknown slice "sex = F"; known are: overall, slices',
    ),
    "slices without slices": (
        HEAD + "requirements:\n  - {metric: recall, margin: 0.1, on: slices}\n",
        '5: on: "slices" has nothing to look at, since no slices are declared',
    ),
    "twice": (
        ask("metric: recall, margin: 0.1", "metric: recall, margin: 0.2, level: guarded"),
        "7: this requirement stands on line 6 already; keep one, with the level that you mean.",
    ),
    "no direction": (
        ask("metric: selection_rate, margin: 0.1"),
        "6: neither more nor less selection_rate is better; take unchanged, at_least or at_most, or a gap",
    ),
    "no direction better": (ask("metric: selection_rate, rule: better"), "6: neither more nor less selection_rate is"),
    "than": (
        ask("metric: recall, rule: better, than: base"),
        '6: unknown than "base"; did you mean "baseline"?',
    ),
    "than of a bound": (
        ask("metric: recall, rule: at_least, bound: 0.5, than: champion"),
        "6: at_least looks at the challenger alone, so there is nothing to compare it with.",
    ),
    "than unchanged": (
        ask("metric: recall, rule: unchanged, margin: 0.5, than: baseline"),
        "6: unchanged compares with the champion; with a baseline, take better or not_worse.",
    ),
    "than on slices": (
        ask("metric: recall, rule: better, than: baseline, on: slices"),
        "6: a baseline is compared over all rows of base_case; leave on and dataset out.",
    ),
    "than of a window": (
        ask("metric: recall, rule: better, than: baseline, dataset: recent"),
        "6: a baseline is compared over all rows of base_case; leave on and dataset out.",
    ),
    "of both models": (
        ask("metric: churn, margin: 0.1"),
        "6: churn compares the two models already, so it takes a bound: rule at_most or at_least.",
    ),
    "of both models unchanged": (
        ask("metric: flips_to_positive, rule: unchanged, margin: 0.1"),
        "6: flips_to_positive compares the two models already",
    ),
    "only shown": (
        ask("metric: ece, rule: at_most, bound: 0.1, level: guarded"),
        "6: ece is shown and never decides, since its intervals do not hold; take level advisory.",
    ),
    "parameter": (ask("metric: fbeta(x), margin: 0.1"), "6: "),
    "no parameter of another task": (
        of_task("multiclass", "requirements: [{metric: recall, margin: 0.1}]\n"),
        '5: the metric "recall" is of one class in a multiclass task; write "recall(CLASS)".',
    ),
    "long name": (ask("metric: " + "x" * 101 + ", margin: 0.1"), '6: unknown metric "' + "x" * 57 + '..."; no name'),
    "name of two lines": (ask('metric: "a\\nb", margin: 0.1'), '6: unknown metric "a b"; '),
    "because kind": (
        ask("metric: recall, margin: 0.1, because: 7"),
        '6: because must be text, such as "7" in quotes, found 7.',
    ),
}

SLICES = {
    "empty by": (slices("by: []"), "5: by is empty; name a column, such as by: region, or several to cross them."),
    "by kind": (
        slices("by: {a: b}"),
        "5: by must be a column, or a list of columns that are crossed, found a mapping.",
    ),
    "by number": (slices("by: 3"), '5: by must be text, such as "3" in quotes, found 3.'),
    "by twice": (slices("by: [a, a]"), '5: "a" stands twice in by; remove one.'),
    "neither": (slices("titles: {}"), "5: a slice has either by (one slice for every value) or where (one slice)"),
    "both": (
        slices("by: a, where: a = 1"),
        "5: a slice has either by (one slice for every value) or where (one slice)",
    ),
    "entry kind": (
        HEAD + "slices:\n  - sex\n",
        '5: a slice must be a mapping with keys such as by, cuts, titles, found "sex".',
    ),
    "unsorted": (slices("by: age, cuts: {age: [60, 25]}"), "5: the cuts of age must be ascending numbers, each once"),
    "cut twice": (slices("by: age, cuts: {age: [25, 25]}"), "5: the cuts of age must be ascending numbers, each once"),
    "cut words": (slices("by: age, cuts: {age: [young]}"), "5: the cuts of age must be ascending numbers, each once"),
    "cut nan": (slices("by: age, cuts: {age: [1, .nan]}"), "5: the cuts of age must be ascending numbers, each once"),
    "cut infinite": (slices("by: age, cuts: {age: [.inf]}"), "5: the cuts of age must be ascending numbers, each once"),
    "no cuts": (slices("by: age, cuts: {age: []}"), "5: the cuts of age must be ascending numbers, each once"),
    "cuts kind": (slices("by: age, cuts: [25]"), "5: cuts must be a mapping of columns to ascending numbers"),
    "cut column": (
        slices("by: age, cuts: {agge: [1]}"),
        '5: cuts names "agge", which is not in by; did you mean "age"?',
    ),
    "title name": (
        slices('by: sex, titles: {"sex = F": W}'),
        '5: no slice can be called "sex = F" here; names look like "sex=value".',
    ),
    "title of range": (
        slices('by: age, cuts: {age: [25]}, titles: {"age < 25": Young}'),
        '5: no slice can be called "age < 25" here; names look like "age <= 25".',
    ),
    "title kind": (slices('by: sex, titles: {"sex=F": [W]}'), '5: the title of "sex=F" must be text, found a list.'),
    "titles kind": (slices("by: sex, titles: [W]"), "5: titles must be a mapping of slice names to titles"),
    "twice": (slices("by: [a, b]", "by: [b, a]"), "6: this slice stands on line 5 already; leave one out."),
    "condition twice": (slices('where: "a > 1"', 'where: "a>1", name: x'), "6: this slice stands on line 5 already"),
    "name twice": (
        slices('where: "a > 1", name: x', 'where: "a > 2", name: x'),
        "6: this slice stands on line 5 already",
    ),
    "name taken": (
        slices('where: "a > 1", name: overall'),
        '5: a slice cannot be called "overall", which means something else',
    ),
    "where": (
        slices('where: "age <"'),
        "5: where, at character 6: expected a value, such as age < 25 and sex = F, found the end.",
    ),
    "where kind": (slices("where: 3"), '5: where must be text, such as "3" in quotes, found 3.'),
    "name with by": (slices("by: sex, name: x"), "5: name goes with where; slices by value take titles"),
    "cuts with where": (
        slices('where: "a > 1", cuts: {a: [1]}'),
        "5: cuts goes with by; a slice with where takes name and title.",
    ),
}

FAIRNESS = {
    "metric": (
        fair("metric: precison, attribute: a, margin: 0.1"),
        '5: unknown metric "precison"; did you mean "precision"?',
    ),
    "no metric": (fair("attribute: a, margin: 0.1"), "5: metric is missing: say what is compared"),
    "no attribute": (
        fair("metric: recall, margin: 0.1"),
        "5: attribute is missing: name the column whose groups are compared.",
    ),
    "label": (fair("metric: recall, attribute: y, margin: 0.1"), '5: the attribute "y" is the label; name the column'),
    "rule": (
        fair("metric: recall, attribute: a, rule: better"),
        "5: better cannot be asked of a gap between groups; take",
    ),
    "no rule": (
        fair("metric: recall, attribute: a, rule: worse"),
        '5: unknown rule "worse"; did you mean "not_worse"?',
    ),
    "percent": (
        fair('metric: recall, attribute: a, margin: "2%"'),
        "5: margin must be a number that is not negative, such as 0.05",
    ),
    "points": (
        fair("metric: recall, attribute: a, margin: 5"),
        "5: margin must be at least 0 and below 1, since gaps are between",
    ),
    "bound": (
        fair("metric: recall, attribute: a, rule: at_most, bound: -1"),
        "5: bound must be at least 0 and below 1, since",
    ),
    "reference": (
        fair("metric: recall, attribute: a, margin: 0, reference: [1]"),
        "5: reference must be one value, such as 1",
    ),
    "kind": (
        fair("metric: recall, attribute: a, margin: 0") + "  - 3\n",
        "6: a fairness requirement must be a mapping",
    ),
    "twice": (
        fair("metric: recall, attribute: a, margin: 0", "metric: recall, attribute: a, margin: 0.1"),
        "6: this requirement stands on line 5 already; keep one, with the level that you mean.",
    ),
    "rule of a ratio": (
        fair("metric: demographic_parity_ratio, attribute: a, rule: not_worse, margin: 0.1"),
        "5: not_worse cannot be asked of a ratio between groups; take at_least.",
    ),
    "no rule of a ratio": (
        fair("metric: demographic_parity_ratio, attribute: a, bound: 0.8"),
        "5: rule is missing: a ratio has a lower bound, such as demographic_parity_ratio at_least 0.8.",
    ),
    "bound of a ratio": (
        fair("metric: equalized_odds_ratio, attribute: a, rule: at_least, bound: 80"),
        "5: bound must be above 0 and below 1, since it is of the smallest ratio",
    ),
    "reference of a disparity": (
        fair("metric: equalized_odds_difference, attribute: a, margin: 0.1, reference: 1"),
        "5: equalized_odds_difference is over all pairs of groups; leave reference out",
    ),
    "no columns": (
        fair("metric: recall, attribute: [], margin: 0.1"),
        "5: attribute is empty; name the column whose groups are compared.",
    ),
    "sensitive twice": (HEAD + "sensitive: [a, {by: a}]\n", '4: "a" stands twice in sensitive; remove one.'),
    "sensitive number": (HEAD + "sensitive: [3]\n", "4: every entry of sensitive must be text, or a mapping such as"),
    "sensitive without by": (HEAD + "sensitive: [{cuts: {a: [1]}}]\n", "4: by is missing: name the column"),
}

ODDITIES = {
    "set": (HEAD + "oddities: {sets: [mising]}\n", '4: unknown oddity "mising"; did you mean "missing"?'),
    "no sets": (
        HEAD + "oddities: {sets: []}\n",
        "4: oddities.sets is empty; write all, none, or the names of some sets.",
    ),
    "metric": (HEAD + "oddities: {metric: x, margin: 0}\n", '4: unknown metric "x"; known are: accuracy'),
    "no direction": (
        HEAD + "oddities: {metric: selection_rate, margin: 0.1}\n",
        "4: neither more nor less selection_rate is better, so oddities cannot be judged by it; take another metric.",
    ),
    "of both models": (
        HEAD + "oddities: {metric: churn, margin: 0.1}\n",
        "4: churn has no value for either model, so oddities cannot be judged by it; take another metric.",
    ),
    "only shown": (
        HEAD + "oddities: {metric: ece, margin: 0.1, level: required}\n",
        "4: ece is shown and never decides, so oddities cannot be judged by it; take another metric.",
    ),
    "metric alone": (
        HEAD + "oddities: {metric: recall}\n",
        "4: oddities.margin is missing: say how much worse recall may be",
    ),
    "margin": (
        HEAD + "oddities: {margin: -1}\n",
        "4: oddities.margin must be a number that is not negative, or a share",
    ),
    "kind": (
        HEAD + "oddities: [missing]\n",
        "4: oddities must be a mapping with keys such as sets, without, metric, found a list.",
    ),
    "sets": (HEAD + "oddities: {sets: some}\n", "4: oddities.sets must be all, none, or a list of names"),
    "without": (
        HEAD + "oddities: {sets: [missing], without: [noise]}\n",
        '4: oddities.without names "noise", which is none of the sets anyway.',
    ),
    "override of none": (
        HEAD + "oddities: {sets: [missing], overrides: {mising: {level: advisory}}}\n",
        '4: oddities.overrides.mising is about none of the sets; did you mean "missing"?',
    ),
    "override": (
        HEAD + "oddities: {overrides: {missing: {expect: cry}}}\n",
        '4: unknown expect "cry"; known are: answer, either, refuse',
    ),
    "overrides": (HEAD + "oddities: {overrides: [missing]}\n", "4: oddities.overrides must be a mapping from names"),
    "level": (HEAD + "oddities: {level: low}\n", '4: unknown level "low"'),
    "key": (HEAD + "oddities: {set: [missing]}\n", '4: unknown key "oddities.set"; did you mean "sets"?'),
}

EVERY = [
    pytest.param(text, expected, id=f"{part}: {name}")
    for part, cases in {
        "top": TOP,
        "tasks": TASKS,
        "measuring": MEASURING,
        "columns": COLUMNS,
        "sources": SOURCES,
        "requirements": REQUIREMENTS,
        "slices": SLICES,
        "fairness": FAIRNESS,
        "oddities": ODDITIES,
    }.items()
    for name, (text, expected) in cases.items()
]


@pytest.mark.parametrize(("text", "expected"), EVERY)
def test_a_mistake_is_told_with_its_line_and_what_to_do(problems: Problems, text: str, expected: str) -> None:
    found = problems(text)
    assert any(line.startswith(f"mlgate.yaml:{expected}") for line in found), found


@pytest.mark.parametrize("name", sorted(set(REQUIREMENTS) - {"none"}), ids=lambda name: f"requirements: {name}")
def test_one_mistake_in_a_requirement_is_told_once(problems: Problems, name: str) -> None:
    assert len(problems(REQUIREMENTS[name][0])) == 1


@pytest.mark.parametrize(
    "text",
    [
        of_task(
            "regresion",
            "threshold: 0.5\nrequirements: [{metric: rmse, margin: 1}]\noddities: {metric: mae, margin: 1}\n",
        ),
        of_task("regresion", "fairness: [{metric: recall, attribute: a, margin: 0.1}]\ncosts: {false_positive: 1}\n"),
        of_task("regresion", "requirements: [{metric: f1_macro, margin: 1}]\n").replace(
            "label: y", "label: {column: y, classes: [a, b]}"
        ),
        own("name: yourmetrics.profit").replace("metric: mymetrics", "metric: yourmetrics"),
        HEAD + "costs: {false_positive: [1]}\nrequirements: [{metric: cost, margin: 1}]\n",
    ],
)
def test_a_mistake_in_a_declaration_is_not_told_again_where_it_is_used(problems: Problems, text: str) -> None:
    assert len(problems(text)) == 1, problems(text)


def test_a_class_that_is_not_declared_cannot_be_asked_about(problems: Problems) -> None:
    text = (
        "model: m\ndata: d\ntask: multiclass\nlabel: {column: y, classes: [setosa, virginica]}\n"
        "requirements: [{metric: recall(setsa), margin: 0.1}]\n"
    )
    (found,) = problems(text)
    assert found.startswith("mlgate.yaml:5: ") and "setosa" in found


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(problems: Problems) -> None:
    text = (
        "model: a/b\nlabl: y\ndata: {train: t}\nthreshold: 2\n"
        "requirements:\n  - {metric: acuracy, margin: 1}\n  - {metric: recall}\nfairness: 3\nmode: [gate]\n"
    )
    found = problems(text)
    lines = [int(line.split(":")[1]) for line in found]
    assert lines == sorted(lines)
    assert set(lines) == {1, 2, 3, 4, 6, 7, 8, 9}
    assert sum("missing" in line for line in found) == 3, found  # label, data.base_case and a margin


def test_what_follows_from_a_mistake_is_not_told_again(problems: Problems) -> None:
    found = problems(slices('by: age, cuts: {age: [3, 2]}, titles: {"age <= 2": Young}'))
    assert len(found) == 1


def test_no_sentence_carries_control_characters_or_long_stretches_of_the_file(problems: Problems) -> None:
    (found,) = problems(HEAD + 'mode: "' + "\\u202ered" * 50 + '"\n')
    assert found.isprintable() and len(found) < 200
