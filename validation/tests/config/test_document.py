"""Text that comes from outside: what is no YAML, what is YAML and harmful, and how scalars are understood."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mlgate.config.document import MAX_DEPTH, MAX_VALUES, Items, Scalar, Table, read
from mlgate.errors import ConfigError

Problems = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: b: c\n", "mlgate.yaml:1: column 5: not YAML: mapping values are not allowed here; check the indentation"),
        ("a: 1\n\tb: 2\n", "mlgate.yaml:2: column 1: not YAML: found character '\\t'"),
        ("a: [1,\nb: 2\n", "mlgate.yaml:3: column 1: not YAML: expected ',' or ']'"),
        ("a: 'x\n", "mlgate.yaml:2: column 1: not YAML: found unexpected end of stream, in what starts on line 1"),
        ("%YAML 9.9\n--- a", "mlgate.yaml:1: column 1: not YAML: found incompatible YAML document"),
        ("a: 1\nb: \x07\n", "mlgate.yaml:2: column 4: a character that cannot stand in YAML (U+0007); remove it."),
        ("a: \ud800\n", "mlgate.yaml:1: column 4: a character that cannot stand in YAML (U+D800); remove it."),
        ('a: 1\nb: "\\UFFFFFFFF"\n', "mlgate.yaml:2: not YAML from here on"),
        ("a: 1\n---\nb: 2\n", "mlgate.yaml:2: a second document starts here; one file holds one configuration."),
        ("a: !!python/name:os.system x\n", 'mlgate.yaml:1: the tag "tag:yaml.org,2002:python/name:os.system" is not'),
        ("a: !x [1]\n", 'mlgate.yaml:1: the tag "!x" is not read; write the plain value'),
        ("a: *b\n", 'mlgate.yaml:1: the alias "*b" stands before the end of its anchor; write the value out.'),
        ("a: &b [*b]\n", 'mlgate.yaml:1: the alias "*b" stands before the end of its anchor; write the value out.'),
        ('a: "x\\0"\n', "mlgate.yaml:1: an escape makes the control character U+0000, which no text here needs"),
        ('a:\n  "\\ud800": 1\n', "mlgate.yaml:2: an escape makes the control character U+D800"),
        ("? [a]\n: 1\n", "mlgate.yaml:1: a key is a list or a mapping; keys are words."),
    ],
)
def test_text_that_cannot_be_read_is_one_sentence_with_its_place(problems: Problems, text: str, expected: str) -> None:
    found = problems(text)
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_a_billion_laughs_are_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 10)]
    with pytest.raises(ConfigError, match="more than 20,000 values, aliases written out"):
        read("\n".join(lines), "mlgate.yaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[" * 500_000, f"nested more than {MAX_DEPTH} levels deep"),
        ("- " * 200_000, f"nested more than {MAX_DEPTH} levels deep"),
        ("a: [" + "1," * (MAX_VALUES + 10) + "]", "more than 20,000 values"),
        ("#" * 1_000_001, "larger than 1 MB"),
        ("é" * 600_000, "larger than 1 MB"),
    ],
)
def test_what_no_configuration_needs_is_refused_before_it_is_read_whole(text: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        read(text, "mlgate.yaml")


def test_nesting_within_the_limit_is_read() -> None:
    root = read("[" * MAX_DEPTH + "]" * MAX_DEPTH, "mlgate.yaml").root
    assert isinstance(root, Items)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1", 1),
        ("-7", -7),
        ("+7", 7),
        ("007", 7),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-.inf", float("-inf")),
        (".INF", float("inf")),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("yes", "yes"),
        ("off", "off"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("2024-01-31", "2024-01-31"),
        ("12:30", "12:30"),
        ("1" * 19, "1" * 19),
        ("1" * 5000, "1" * 5000),
        ("'1'", "1"),
        ('"true"', "true"),
        ("''", ""),
    ],
)
def test_scalars_follow_the_core_rules_of_yaml_1_2(written: str, value: object) -> None:
    root = read(f"a: {written}\n", "mlgate.yaml").root
    assert isinstance(root, Table)
    node = root.values["a"]
    assert isinstance(node, Scalar)
    assert node.value == value and type(node.value) is type(value)


def test_lines_are_those_of_the_file() -> None:
    root = read("# head\n\na: 1\nb:\n  - x\n  - {c: d}\n", "mlgate.yaml").root
    assert isinstance(root, Table)
    assert dict(root.lines) == {"a": 3, "b": 4}
    entries = root.values["b"]
    assert isinstance(entries, Items)
    assert [node.line for node in entries.values] == [5, 6]


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(problems: Problems) -> None:
    assert problems("\ufeffmodel: m\r\ndata: d\r\nlabel: y\r\n") == []
    assert problems("model: m\r\ndata: d\r\nlabel: y\r\nmode: x\r\n")[0].startswith("mlgate.yaml:4: ")
