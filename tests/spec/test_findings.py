"""How findings are shown: lines with a pointer, data, annotations."""

import pytest

from symcli.errors import SpecError
from symcli.spec.findings import MOST, Finding, Findings, TooMany
from symcli.spec.source import Place


def shown(line, column, length=1, message="wrong", **more):
    findings = Findings()
    findings.keep_source("net.yaml", f"first\n{line}\n")
    findings.add(Finding("SYM101", Place("net.yaml", 2, column, length), message, **more))
    return findings.render().splitlines()


def test_the_pointer_stands_below_its_stretch():
    assert shown("a: relu(b)", 9) == [
        "net.yaml:2:9: error[SYM101]: wrong", "    2 | a: relu(b)", "                ^"]  # fmt: skip


@pytest.mark.parametrize("line, column, pointer", [
    ("größe: x", 8, "       ^"),
    ("大きさ: x", 6, "        ^"),  # wide letters take two columns
    ("e\u0301: x", 5, "   ^"),  # a combining one none
    ("\tx", 2, " ^"),
])  # fmt: skip
def test_the_pointer_counts_what_letters_take_on_a_screen(line, column, pointer):
    assert shown(line, column)[2] == " " * 8 + pointer


def test_a_wide_stretch_is_underlined_whole():
    assert shown("x: 大きさ", 4, 3)[2] == " " * 11 + "^^^^^^"


def test_of_a_long_line_the_part_around_the_place_is_shown():
    lines = shown("x" * 1_000 + "y" + "x" * 1_000, 1_001)
    assert len(lines[1]) < 200 and lines[1][len(lines[2]) - 1] == "y"


def test_a_stretch_beyond_the_line_is_cut():
    assert shown("abc", 2, 50)[2] == " " * 9 + "^^"
    assert shown("abc", 10)[2].strip() == "^"


def test_messages_show_as_they_are():
    lines = shown("a: \x1b[31mred", 4, message="\x1b]0;title\x07 and \u202egnorw", help="\x00")
    assert lines[0].endswith(r"\x1b]0;title\x07 and \u202egnorw")
    assert "\\x1b[31mred" in lines[1] and lines[-1] == r"   help: \x00"


def test_long_messages_are_cut():
    assert len(shown("abc", 1, message="x" * 10_000 + "end")[0]) < 500
    assert shown("abc", 1, message="x" * 10_000 + "end")[0].endswith("end")


def test_notes_stand_between_line_and_help():
    notes = (("in block a 'b', called at", Place("net.yaml", 1, 2)), ("named at", Place("-D x=1")))
    assert shown("abc", 1, help="try", notes=notes)[3:] == [
        "   in block a 'b', called at net.yaml:1:2", "   named at -D x=1", "   help: try"]  # fmt: skip


def test_findings_come_in_the_order_of_the_files_and_each_once():
    findings = Findings()
    for file, line in (("b", 1), ("a", 3), ("a", 2), ("a", 2)):
        findings.add(Finding("SYM101", Place(file, line, 1), "wrong"))
    assert [str(finding.place) for finding in findings] == ["a:2:1", "a:3:1", "b:1:1"]


def test_too_many_findings_end_the_reading():
    findings = Findings()
    with pytest.raises(TooMany):
        for line in range(1, 1_000):
            findings.add(Finding("SYM101", Place("a", line, 1), "wrong"))
    assert findings.render().count("error[") == MOST
    assert findings.render().endswith("there are more findings; mend these first")


def test_the_error_carries_the_first_place_and_all_findings():
    findings = Findings()
    findings.add(Finding("SYM204", Place("a", 3, 5), "wrong"))
    findings.add(Finding("SYM101", Place("a", 2, 1), "wrong too"))
    with pytest.raises(SpecError) as error:
        findings.raise_if_any()
    assert (error.value.file, error.value.line, error.value.column, error.value.code) == ("a", 2, 1, "SYM101")
    assert error.value.findings is findings and str(error.value) == findings.render()


def test_data_has_its_keys_in_order():
    findings = Findings()
    findings.add(Finding("SYM101", Place("a", 2, 1), "wrong", "try", (("named at", Place("b", 1, 2)),)))
    assert findings.as_json() == [{
        "code": "SYM101", "file": "a", "line": 2, "column": 1, "message": "wrong", "help": "try",
        "notes": [{"text": "named at", "file": "b", "line": 1, "column": 2}]}]  # fmt: skip
    assert list(findings.as_json()[0]) == ["code", "file", "line", "column", "message", "help", "notes"]


def test_annotations_escape_what_ends_them():
    findings = Findings()
    findings.add(Finding("SYM101", Place("a,b:c.yaml", 0, 0), "100 %\nwrong", "try", (("named at", Place("b", 1, 2)),)))
    assert findings.as_github() == (
        "::error file=a%2Cb%3Ac.yaml,line=1,col=1,title=SYM101::100 %25%0Awrong%0Anamed at b:1:2%0Ahelp: try"
    )
