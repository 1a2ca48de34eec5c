"""Words of the citizen demo: pairs of (Chinese, English)."""

from __future__ import annotations

from typing import Final

from jianbiao_render.words import Pair

TITLE: Final[Pair] = ("市民演示", "Citizen demo")
LEAD: Final[Pair] = (
    "用真实接口演示市民应用能做的事。只在非生产环境提供。",
    "What a citizen's app does, on the real API. On deployments that are not production only.",
)
NO_SCRIPT: Final[Pair] = ("本页需要脚本。", "This page needs scripts.")
SIGN_IN: Final[Pair] = ("登录", "Sign in")
PERSON: Final[Pair] = ("示例市民", "Sample citizen")
TOKEN: Final[Pair] = ("访问令牌（scope jianbiao/citizen）", "Access token (scope jianbiao/citizen)")
TOKEN_NOTE: Final[Pair] = (
    "令牌只留在本页内存中，关闭即忘。",
    "The token stays in this page's memory and is forgotten when you leave.",
)
VERSION: Final[Pair] = ("应用版本（X-App-Version）", "App version (X-App-Version)")
ENTER: Final[Pair] = ("进入", "Enter")
VEHICLES: Final[Pair] = ("我的车辆", "My vehicles")
CERTIFICATE: Final[Pair] = ("电子凭证", "Certificate")
FACE: Final[Pair] = ("凭证版面", "The certificate")
BINDINGS: Final[Pair] = ("绑定他人车辆", "Bind somebody else's vehicle")
PLATE_CLASS: Final[Pair] = ("号牌种类代码", "Plate class code")
PLATE: Final[Pair] = ("号牌号码", "Plate")
VIN_TAIL: Final[Pair] = ("车辆识别代号后四位", "Last four of the VIN")
BIND: Final[Pair] = ("申请绑定", "Ask to bind")

TEXTS: Final[dict[str, Pair]] = {
    "owner": ("本人", "owner"),
    "bound": ("已绑定", "bound"),
    "until": ("检验有效期至 {day}", "inspected until {day}"),
    "nothing": ("没有车辆", "no vehicles"),
    "current": ("获取当前凭证", "Get the present certificate"),
    "claim": ("申领免检标志", "Claim the next period"),
    "new": ("将签发，有效期至 {day}", "would be issued, valid until {day}"),
    "same": ("已有凭证，不会重复签发", "already there, nothing new is issued"),
    "show": ("查看凭证", "Show the certificate"),
    "state": ("状态 {state}，截至 {at}", "state {state} as of {at}"),
    "pdf": ("下载 PDF（打印）", "Download PDF (print)"),
    "png": ("下载图片", "Download picture"),
    "verify": ("核验", "Verify"),
    "share": ("分享 24 小时", "Share for 24 hours"),
    "shared": (
        "链接只显示这一次：",
        "This address is shown only now:",
    ),
    "shares": ("分享链接", "Share links"),
    "link": ("{status}，看过 {views} 次，至 {until}", "{status}, seen {views} times, until {until}"),
    "withdraw": ("收回", "Withdraw"),
    "paper": ("申请纸质标志（到窗口领取）", "Ask for a paper mark (to be collected)"),
    "papers": ("纸质标志：{status}", "Paper mark: {status}"),
    "cancel": ("取消申请", "Cancel the request"),
    "binding": ("{plate}：{status}", "{plate}: {status}"),
    "approve": ("同意", "Consent"),
    "refuse": ("不同意", "Refuse"),
    "end": ("解除", "End"),
    "done": ("已完成。", "Done."),
    "failed": ("没有成功", "It did not work"),
    "network": ("没有网络", "No network"),
}
"""Lines with {places} that the script fills in."""
