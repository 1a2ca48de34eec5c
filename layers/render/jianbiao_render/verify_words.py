"""Words of the page that verifies in the browser: pairs of (Chinese, English)."""

from __future__ import annotations

from typing import Final

from jianbiao_render.words import Pair

TITLE: Final[Pair] = ("核验检验标志", "Verify an inspection mark")
LEAD: Final[Pair] = (
    "在这台设备上核验，图片和二维码不会上传；打开过一次后，没有网络也能用。",
    "Verified on this device: nothing you scan is uploaded. Works without a network once it has been opened.",
)
NO_SCRIPT: Final[Pair] = (
    "本页需要脚本。不用脚本也能核验：用手机相机扫描二维码，打开其中的网址。",
    "This page needs scripts. Without them: scan the code with the phone's camera and open its address.",
)

CAMERA: Final[Pair] = ("打开相机扫码", "Scan with the camera")
CAMERA_VIEW: Final[Pair] = ("相机画面", "Camera view")
STOP: Final[Pair] = ("关闭相机", "Stop the camera")
TORCH: Final[Pair] = ("手电", "Torch")
ZOOM: Final[Pair] = ("放大", "Zoom")
AIM: Final[Pair] = ("让整个二维码连同白边进入画面。", "Bring the whole code with its white border into view.")
PICTURE: Final[Pair] = ("选择图片", "Choose a picture")
PASTE: Final[Pair] = ("粘贴二维码内容或网址", "Paste the code's text or address")
CHECK: Final[Pair] = ("核验", "Verify")
HOW: Final[Pair] = ("怎么核验", "How to verify")
AGAIN: Final[Pair] = ("再核验一个", "Verify another one")
ONLINE: Final[Pair] = ("在线查询此刻的状态", "Ask online for the state as of now")
RESULT: Final[Pair] = ("核验结果", "Result")
WORKING: Final[Pair] = ("正在核验…", "Verifying …")
READING: Final[Pair] = ("正在识别图片…", "Looking for a code …")

DATA_TITLE: Final[Pair] = ("本机的核验数据", "What this device verifies with")
KEYS: Final[Pair] = ("公钥集", "Key set")
LISTS: Final[Pair] = ("状态列表", "Status lists")
OFFLINE: Final[Pair] = ("离线使用", "Offline use")
UPDATE: Final[Pair] = ("立即更新", "Update now")

STATES: Final[dict[str, Pair]] = {
    "keys": ("第 {version} 版，{age}更新", "version {version}, updated {age}"),
    "keys-none": (
        "还没有：联网打开一次本页",
        "none yet: open this page once with a network",
    ),
    "lists": ("{count} 份，截至 {as_of}（{age}）", "{count}, as of {as_of} ({age})"),
    "lists-ended": (
        "已过期（截至 {as_of}），不能用来判断状态",
        "too old (as of {as_of}) to tell a state by",
    ),
    "lists-none": (
        "没有：只核验签名和日期，状态未核验",
        "none: signature and dates are checked, the state is not",
    ),
    "offline-ready": ("已就绪", "ready"),
    "offline-waiting": ("正在准备…", "being prepared …"),
    "offline-impossible": ("此浏览器不支持", "not supported by this browser"),
    "list-source": (
        "本机状态列表，截至 {as_of}（{age}）",
        "status list on this device, as of {as_of} ({age})",
    ),
    "none-source": ("未能查询", "not checked"),
    "now": ("刚刚", "just now"),
    "minutes": ("{n} 分钟前", "{n} min ago"),
    "hours": ("{n} 小时前", "{n} h ago"),
    "days": ("{n} 天前", "{n} days ago"),
    "updating": ("正在更新…", "updating …"),
    "no-network": (
        "没有网络，或服务器没有应答：{part}没有更新。",
        "No network, or no answer from the server: {part} not updated.",
    ),
    "no-answer": ("服务器出错：{part}没有更新。", "The server answers with an error: {part} not updated."),
    "older": (
        "服务器给出的{part}比本机的旧，没有采用。",
        "The server's {part}: older data than this device has, not taken.",
    ),
    "refused": ("服务器给出的{part}无效，没有采用。", "The server's {part}: not valid, not taken."),
    "part-keys": ("公钥集", "key set"),
    "part-lists": ("状态列表", "status lists"),
    "part-both": ("公钥集和状态列表", "key set and status lists"),
    "part-updated": ("{part}已更新。", "Updated: {part}."),
    "kept-keys": ("公钥集是{age}更新的。", "The key set at hand was updated {age}."),
    "kept-lists": ("状态列表截至 {as_of}（{age}）。", "The status lists at hand are as of {as_of} ({age})."),
    "kept-none": (
        "没有可用的状态列表，状态未核验。",
        "No status list can be used: the state is not checked.",
    ),
    "clock": (
        "本机时钟与服务器相差 {n} 分钟，日期判断可能不准。请校准时间。",
        "This device's clock is {n} min off, so dates may be judged wrongly. Set the clock.",
    ),
}
"""Lines with {places}; `age` is one of now, minutes, hours, days."""

PROBLEMS: Final[dict[str, tuple[Pair, Pair]]] = {
    # code: what happened, and what to do
    "no-code": (
        ("图片里没有找到二维码", "No code found in the picture"),
        (
            "换一张更清晰的：整个二维码连同白边都在图中，不反光、不模糊，或裁剪到只剩二维码附近。",
            (
                "Use a sharper one with the whole code and its white border in it, without glare; or crop it to the "
                "code."
            ),
        ),
    ),
    "two-codes": (
        ("图中有不止一个检验标志二维码", "More than one inspection mark in view"),
        ("请只对准或裁剪出要核验的那一个。", "Aim at, or crop to, the one that you want to verify."),
    ),
    "not-a-code": (
        ("不是检验标志二维码", "Not an inspection mark code"),
        (
            "没有核验任何内容，也不能据此判断凭证真假。若内容是复制来的，请确认完整；若是扫描的，请确认扫的是检验标志。",
            (
                "Nothing was verified, and nothing follows about a certificate. If you copied it, make sure that no "
                "character is missing; if you scanned it, that it is the code of an inspection mark."
            ),
        ),
    ),
    "too-big": (
        ("图片太大", "The picture is too large"),
        (
            "请截图，或裁剪到二维码附近（不超过 20 MB）。",
            "Take a screenshot, or crop it to the code (at most 20 MB).",
        ),
    ),
    "pdf": (
        ("这是 PDF 文件，不是图片", "This is a PDF, not a picture"),
        (
            "打开它，截图后再选截图；或用相机扫描屏幕。",
            "Open it and choose a screenshot, or scan it off the screen.",
        ),
    ),
    "unreadable": (
        ("无法读取这个文件", "This file cannot be read as a picture"),
        ("请截图后再选截图，或使用 PNG、JPEG 图片。", "Choose a screenshot of it, or a PNG or JPEG picture."),
    ),
    "camera-denied": (
        ("没有相机权限", "The camera is not allowed"),
        (
            "在浏览器设置里允许使用相机，或改为选择图片。",
            "Allow it in the browser's settings, or choose a picture.",
        ),
    ),
    "camera-missing": (
        ("没有可用的相机", "There is no camera to use"),
        ("请选择图片，或粘贴二维码内容。", "Choose a picture, or paste the code's text."),
    ),
    "no-decoder": (
        ("识别程序没有加载", "The code reader could not be loaded"),
        (
            "联网后再试；或用手机相机扫出网址，粘贴到下面。",
            "Try again with a network, or scan with the phone's camera and paste the address.",
        ),
    ),
    "no-keys": (
        ("这台设备还没有公钥", "This device has no keys yet"),
        (
            "联网打开一次本页，之后没有网络也能核验。",
            "Open this page once with a network; afterwards it works without.",
        ),
    ),
    "insecure": (
        ("浏览器不允许在此核验", "The browser does not allow verification here"),
        ("请用 https 地址和较新的浏览器打开。", "Use the https address and an up-to-date browser."),
    ),
}
