"""The report of a launch as a page for people: accounts, reasons, what operators did. Written beside the JSON report.

One file without scripts, styles from elsewhere or anybody's data: it can be mailed. Chinese first, English beside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from jianbiao.domain.times import rfc3339
from jianbiao.services.launches import Launch

ReasonText = Callable[[str], Mapping[str, Any]]
"""Code of a refusal → {"zh", "en"}; raises KeyError for what is no refusal."""

OUTCOMES = (
    ("issued", "已生成", "issued"),
    ("already", "已有凭证", "there already"),
    ("refused", "不予生成", "refused"),
    ("invalid", "数据无效", "invalid"),
)
STATES = {
    "running": ("进行中", "running"),
    "paused": ("已暂停", "paused"),
    "aborted": ("已中止", "aborted"),
    "failed": ("未完成:部分分块失败", "not done: chunks have failed"),
    "done": ("已完成", "done"),
    "refused": ("文件被拒绝", "file refused"),
}
WORDS = {
    "plate-of-another-vehicle": ("号牌属于另一车辆", "the plate is another vehicle's"),
    "rows-disagree": ("同一时点台账的另一行与此不符", "another row, equally old, says otherwise"),
    "line-too-long": ("行过长", "the line is too long"),
    "bad-encoding": ("编码不是 UTF-8", "not UTF-8"),
    "bad-json": ("不是有效的 JSON", "not valid JSON"),
    "duplicate-column": ("列重复", "a column twice"),
    "missing-column": ("缺少列", "a column is missing"),
    "bad-type": ("类型不符", "not the type of its column"),
    "bad-code": ("代码不存在", "no such code"),
    "bad-plate": ("号牌格式错误", "no valid plate"),
    "bad-vin": ("车辆识别代号格式错误", "no valid VIN"),
    "bad-date": ("日期无效", "no valid date"),
    "not-month-end": ("不是月末", "not the last day of a month"),
    "bad-number": ("数值无效", "no valid number"),
    "bad-text": ("文本无效", "no valid text"),
}
"""Reasons that no refusal of the rules has, without the column that follows the colon."""

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d4d4d4}
td.n{text-align:right;font-variant-numeric:tabular-nums}
.en{color:#555}
"""


def launch_page(launch: Launch, report: Mapping[str, Any], reason_text: ReasonText) -> str:
    """HTML of a report as `Planner.sum_up` writes it."""
    counts, state = report["counts"], STATES[report["state"]]
    facts = [
        ("上线编号", "Launch", launch.launch_id),
        ("台账时间", "Ledger as of", rfc3339(launch.ledger.as_of)),
        ("开始", "Begun", rfc3339(launch.created_at)),
        ("结束", "Ended", rfc3339(report["ended_at"])),
        ("批次", "Attempt", str(report["attempt"])),
    ]
    sum_ = " + ".join(f"{counts[name]:,} {en}" for name, _, en in OUTCOMES)
    accounts = [(zh, en, counts[name]) for name, zh, en in OUTCOMES]
    reasons = sorted(report["by_reason"].items(), key=lambda item: (-item[1], item[0]))
    return "\n".join(
        [
            '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>检标上线报告 Launch report {escape(launch.launch_id)}</title>",
            f"<style>{STYLE}</style>\n</head>\n<body>",
            '<h1>检标上线报告 <span class="en">Launch report</span></h1>',
            f'<p><strong>{state[0]} <span class="en">{state[1]}</span></strong></p>',
            _table("概况", "About", [(zh, en, escape(text)) for zh, en, text in facts]),
            _table("账目", "Accounts", [("总行数", "rows", counts["rows"]), *accounts]),
            f"<p>{counts['rows']:,} rows = {sum_}</p>",
            _table("原因", "Reasons", [(*_words(code, reason_text), times) for code, times in reasons]),
            _files(launch.launch_id, report),
            _table(
                "操作",
                "What operators did",
                [(rfc3339(c.at), escape(c.by), escape(c.what)) for c in launch.changes],
            ),
            "</body>\n</html>\n",
        ]
    )


def _table(zh: str, en: str, rows: list[tuple[str, str, str | int]]) -> str:
    if not rows:
        return ""
    lines = [f'<h2>{zh} <span class="en">{en}</span></h2>\n<table>']
    for first, second, value in rows:
        cell = f'<td class="n">{value:,}</td>' if isinstance(value, int) else f"<td>{value}</td>"
        lines.append(f'<tr><th scope="row">{first} <span class="en">{second}</span></th>{cell}</tr>')
    return "\n".join([*lines, "</table>"])


def _words(code: str, reason_text: ReasonText) -> tuple[str, str]:
    """A reason in both languages, with its code."""
    kind, _, column = code.partition(":")
    try:
        text = reason_text(kind)
        zh, en = text["zh"], text["en"]
    except KeyError:
        zh, en = WORDS.get(kind, ("", ""))
    named = f"<code>{escape(code)}</code>" if column or not en else f"<code>{escape(kind)}</code>"
    return escape(zh), f"{escape(en)} {named}"


def _files(launch_id: str, report: Mapping[str, Any]) -> str:
    """Where the single rows are named."""
    if not report["reason_files"]:
        return ""
    first = f"results/{launch_id}/reasons-{report['attempt']:03d}-00001.jsonl"
    return (
        f"<p>逐行原因见 {report['reason_files']} 个文件,自 <code>{escape(first)}</code> 起。"
        f'<span class="en">Each row with its line number: {report["reason_files"]} file(s) from there on.</span></p>'
    )
