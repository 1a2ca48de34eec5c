"""Sentences of the faces: Chinese first, English beside."""

from __future__ import annotations

from typing import Final

TITLE: Final = ("机动车检验标志电子凭证", "Electronic certificate of the vehicle inspection mark")
VALID_UNTIL: Final = ("检验有效期至", "Valid until")
ISSUER: Final = ("发证机关", "Issued by")
NUMBER: Final = ("凭证编号", "Number")
ISSUED_AT: Final = ("生成时间", "Issued at")
REPLACES: Final = ("替代凭证", "Replaces")
SCAN: Final = ("扫码核验 · 核对号牌", "Scan to verify, compare the plate")
EFFECT: Final = (
    "本凭证与纸质机动车检验标志具有同等法律效力。状态以扫码核验结果为准，已下载的图片不会自动更新。",
    (
        "Same legal effect as the paper inspection mark. The scan tells the present state; "
        "a downloaded picture never updates itself."
    ),
)

SHEET_TITLE: Final = ("打印页", "For printing")
CUT: Final = ("沿虚线剪下", "Cut along the dashed line")
STEPS_TITLE: Final = ("使用方法", "How to use it")
STEPS: Final = (
    (
        "用 A4 纸按 100% 比例打印，黑白、彩色均可。本页标尺应为 50 毫米。",
        "Print on A4 at 100 %, in colour or black and white. The ruler on this page must measure 50 mm.",
    ),
    (
        "沿虚线剪下。二维码不要折叠、遮盖或覆膜反光。",
        "Cut along the dashed line. Do not fold, cover or laminate the code with a glossy film.",
    ),
    (
        "随车携带，需要时出示。未放置检验标志不予处罚。",
        "Keep it in the car and show it when asked. Not displaying a mark is not punished.",
    ),
)
CHECK_TITLE: Final = ("如何核验", "How it is verified")
CHECKS: Final = (
    (
        "用手机相机扫描二维码，打开核验页面；没有网络时，执法终端也能验证签名。",
        (
            "Scan the code with a phone camera: the page it opens verifies it. "
            "Terminals check the signature without a network too."
        ),
    ),
    (
        "把页面上的号牌、号牌种类与车辆核对。号牌不同，凭证就不属于这辆车。",
        "Compare plate and plate class on that page with the car. If they differ, it is another car's mark.",
    ),
    (
        "换发、暂停或撤销后，本页不会变化，扫码结果会说明。",
        "This sheet does not change when the certificate is replaced, suspended or revoked; the scan says so.",
    ),
)
LEGAL_TITLE: Final = ("法律说明", "Legal note")
LEGAL: Final = (
    (
        "检验标志电子凭证与纸质检验标志具有同等法律效力（《电子签名法》第十三、十四条，国务院令第716号）。"
        "伪造、变造或者使用其他车辆的检验标志，依照《道路交通安全法》第九十六条处罚。"
    ),
    (
        "The electronic certificate has the same legal effect as the paper mark (Electronic Signature Law, art. 13 and "
        "14; State Council Decree 716). Forging a mark or using another vehicle's is punished under art. 96 of the "
        "Road Traffic Safety Law."
    ),
)
RULER: Final = "50 mm"
