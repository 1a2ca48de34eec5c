"""Words of the pages: pairs of (Chinese, English)."""

from __future__ import annotations

from typing import Final

Pair = tuple[str, str]

PRODUCT: Final[Pair] = ("机动车检验标志电子凭证", "Electronic vehicle inspection mark")
CHECK: Final[Pair] = ("检验标志核验", "Inspection mark check")

VERDICTS: Final[dict[str, tuple[Pair, Pair]]] = {
    # key: what is read from two metres, and what it means; between them stands the policy's sentence
    "valid": (
        ("有效", "Valid"),
        (
            "签名真实，没有被替代、暂停或撤销。",
            "The signature is genuine; the certificate was not superseded, suspended or revoked.",
        ),
    ),
    "unchecked": (
        ("状态未核验", "State not checked"),
        (
            "签名真实，日期在有效期内，但现在无法查询凭证是否已被替代、暂停或撤销。",
            (
                "The certificate is genuine and within its dates, but whether it has been superseded, suspended or "
                "revoked could not be looked up now."
            ),
        ),
    ),
    "expired": (
        ("已过期", "Expired"),
        ("签名真实，只是日期已过。", "The signature is genuine; the date has passed."),
    ),
    "superseded": (
        ("已被替代", "Superseded"),
        (
            "签名真实，但这一份不再有效。",
            "The signature is genuine, but this one is no longer in force.",
        ),
    ),
    "suspended": (
        ("已暂停", "Suspended"),
        (
            "签名真实，但恢复之前不能使用。",
            "The signature is genuine, but it does not count until it is reinstated.",
        ),
    ),
    "revoked": (
        ("已撤销", "Revoked"),
        (
            "签名真实，但发证机关已撤销，不再有效。",
            "The signature is genuine, but the issuing authority has withdrawn it for good.",
        ),
    ),
    "not_yet_valid": (
        ("尚未生效", "Not yet valid"),
        (
            "签名真实，但签发时间晚于现在。请检查设备时间，或稍后再扫。",
            "The signature is genuine, but the time of issue lies in the future. Check the clock, or scan again later.",
        ),
    ),
    "forged": (
        ("伪造", "Forged"),
        (
            "此二维码不是发证机关签发的，其中的内容一概不可信，本页不予显示。",
            "No issuing authority signed this code. Nothing in it can be trusted, so this page shows none of it.",
        ),
    ),
}

ADVICE: Final[dict[str, tuple[Pair, ...]]] = {
    "unchecked": (("稍后刷新本页再核验一次。", "Reload this page later to check again."),),
    "expired": (
        (
            "车辆可能已重新检验：请车主打开应用出示最新凭证。",
            "The vehicle may have been inspected since: ask its owner to show the latest certificate from the app.",
        ),
    ),
    "superseded": (
        (
            "请车主打开应用出示新的凭证；旧图片和旧打印件不会自动更新。",
            "Ask the owner to show the new certificate; old pictures and printouts never update themselves.",
        ),
    ),
    "suspended": (("请车主向车辆管理所了解情况。", "The owner can ask the vehicle office why."),),
    "revoked": (("请车主向车辆管理所了解情况。", "The owner can ask the vehicle office why."),),
    "not_yet_valid": (),
    "forged": (
        ("请勿凭此交易、理赔或放行。", "Do not buy, insure, lend or let pass on the strength of it."),
        ("如在事故现场，请报警（122）。", "At the scene of an accident, call the traffic police (122)."),
        (
            "若图片模糊或残缺，请用原图重新扫描一次。",
            "If the picture was blurred or cut off, scan the original again.",
        ),
    ),
    "valid": (),
}

FORGED_REASONS: Final[dict[str, Pair]] = {
    "malformed": ("内容残缺", "the content is broken"),
    "wrong-header": ("格式不符", "the format is wrong"),
    "not-canonical": ("编码不符", "the encoding is not the one prescribed"),
    "bad-claims": ("字段不符", "the fields are not the ones prescribed"),
    "unknown-key": ("签名密钥未公布", "the signing key is not a published one"),
    "key-revoked": ("签名密钥已作废", "the signing key has been withdrawn"),
    "bad-signature": ("签名不符", "the signature does not match"),
    "issuer-not-allowed": ("签名密钥不属于该发证机关", "the key does not belong to that issuing authority"),
    "not-issued": ("发证机关没有签发记录", "the issuing authority has no record of it"),
}

COMPARE_TITLE: Final[Pair] = ("与车辆核对", "Compare with the car")
COMPARE: Final[tuple[Pair, ...]] = (
    ("车上号牌的每一个字符与上面的号牌一致。", "Every character on the car's plate is the same as above."),
    ("号牌种类和颜色与车上号牌一致。", "Plate class and colour match the plate on the car."),
    ("车辆类型与眼前的车相符。", "The vehicle type fits the car in front of you."),
)
COMPARE_ELSE: Final[Pair] = (
    "有一项不符，这就不是这辆车的凭证。",
    "If one differs, this certificate belongs to another car.",
)

FACTS: Final[dict[str, Pair]] = {
    "plate": ("号牌号码", "Plate"),
    "plate_class": ("号牌种类", "Plate class"),
    "vehicle_type": ("车辆类型", "Vehicle type"),
    "valid_until": ("检验有效期至", "Valid until"),
    "issuer": ("发证机关", "Issued by"),
    "certificate_id": ("凭证编号", "Certificate no."),
    "issued_at": ("生成时间", "Issued at"),
    "checked_at": ("核验时间", "Checked at"),
    "status": ("状态来源", "State from"),
}
STATUS_SOURCES: Final[dict[str, Pair]] = {
    "store": ("刚刚在线查询", "asked online just now"),
    "list": ("状态列表，截至 {as_of}", "status list as of {as_of}"),
    "none": ("未能查询", "not checked"),
}
PRIVACY: Final[Pair] = (
    "本页只显示凭证上的内容，不显示车主信息。",
    "This page shows what is on the certificate and nothing about the owner.",
)
EFFECT: Final[Pair] = (
    "检验标志电子凭证与纸质检验标志具有同等法律效力。",
    "The electronic certificate has the same legal effect as the paper inspection mark.",
)
OTHER_LANGUAGE: Final[Pair] = ("English", "中文")
SKIP: Final[Pair] = ("跳到内容", "Skip to content")
MORE: Final[Pair] = ("怎么办", "What to do")
WHY: Final[Pair] = ("原因", "Why")
START_LINK: Final[Pair] = ("首页", "Start page")
VERIFY_LINK: Final[Pair] = ("扫描或粘贴另一个二维码", "Scan or paste another code")

NOT_A_CODE: Final[tuple[Pair, Pair]] = (
    ("不是检验标志二维码", "Not an inspection mark code"),
    (
        "网址中的内容不完整，或者这不是检验标志的二维码，因此无法核验，也不能据此判断凭证真假。",
        (
            "The address is incomplete, or the code is not that of an inspection mark. Nothing was verified, and "
            "nothing follows about the certificate."
        ),
    ),
)
NOT_A_CODE_ADVICE: Final[tuple[Pair, ...]] = (
    (
        "让整个二维码连同四周白边进入画面，再扫一次。",
        "Scan again with the whole code and its white border in view.",
    ),
    (
        "擦净屏幕或纸面，避开反光；在昏暗处打开手电。",
        "Wipe the screen or paper, avoid glare, use the torch in the dark.",
    ),
    (
        "如果网址是复制来的，请确认没有漏掉字符。",
        "If you copied the address, make sure that no character is missing.",
    ),
)

SHARE: Final[dict[str, Pair]] = {
    "title": ("分享给您的检验标志", "An inspection mark shared with you"),
    "preview": (
        "打开链接查看凭证及其当前状态。链接到期或被收回后失效。",
        "Open the link to see the certificate and its state as of now. It ends when it expires or is withdrawn.",
    ),
    "state": ("当前状态", "State as of now"),
    "as_of": ("截至", "as of"),
    "pdf": ("下载 PDF（打印用）", "Download PDF (for printing)"),
    "png": ("下载图片 PNG", "Download picture (PNG)"),
    "check": ("核验此凭证", "Verify this certificate"),
    "expires": ("链接有效至", "This link works until"),
    "note": (
        "下载的文件不会自动更新；是否仍然有效，以扫描二维码的结果为准。",
        "A downloaded file never updates itself: scan its code to see whether it is still in force.",
    ),
    "suspended": (
        "此凭证目前暂停使用，出示时视为无效，恢复后本链接会显示有效。文件暂不提供下载。",
        (
            "This certificate is suspended: it does not count when shown. When it is reinstated, this link says so. "
            "Files cannot be downloaded meanwhile."
        ),
    ),
    "face": ("凭证版面", "The certificate"),
}

NOTICES: Final[dict[str, tuple[Pair, Pair, Pair]]] = {
    # code: heading, what happened, what to ask for
    "share-expired": (
        ("分享链接已到期", "This link has expired"),
        ("分享有时限，这个链接的期限已过。", "Links work for a limited time, and this one's is over."),
        ("请对方重新分享一个链接。", "Ask the person who sent it for a new link."),
    ),
    "share-withdrawn": (
        ("分享链接已被收回", "This link was withdrawn"),
        ("分享的人或车主收回了这个链接。", "The person who shared it, or the owner, has taken it back."),
        ("如仍需要，请对方重新分享。", "If you still need it, ask for a new link."),
    ),
    "superseded": (
        ("凭证已被新凭证替代", "The certificate has been superseded"),
        (
            "车辆已有新的检验标志，这一份不再提供。",
            "The vehicle has a newer mark, so this one is no longer handed out.",
        ),
        ("请对方分享新的凭证。", "Ask for a link to the new certificate."),
    ),
    "revoked": (
        ("凭证已被撤销", "The certificate was revoked"),
        (
            "发证机关撤销了这份凭证，它不再有效。",
            "The issuing authority revoked it. It is no longer in force.",
        ),
        ("请车主向车辆管理所了解情况。", "The owner can ask the vehicle office why."),
    ),
    "suspended": (
        ("凭证已暂停使用", "The certificate is suspended"),
        (
            "凭证目前暂停使用，暂停期间不提供文件。",
            "It is suspended for now, and no file of it is handed out meanwhile.",
        ),
        ("请车主向车辆管理所了解情况。", "The owner can ask the vehicle office why."),
    ),
    "expired": (
        ("凭证已过期", "The certificate has expired"),
        (
            "检验有效期已过，这份凭证不再提供。",
            "The inspection period is over, so it is no longer handed out.",
        ),
        (
            "车辆检验或申领新标志后，请对方重新分享。",
            "After an inspection or a new claim, ask for a link to the new one.",
        ),
    ),
    "not-found": (
        ("没有这个链接", "There is no such link"),
        (
            "链接可能被截断，或大小写有改动。",
            "It may have been cut off, or its upper and lower case were changed.",
        ),
        ("请对方重新发送，并点击完整的链接。", "Ask for it again, and open it in full."),
    ),
    "no-such-format": (
        ("没有这种文件格式", "There is no such file format"),
        (
            "凭证可以下载为 PDF、PNG 或 SVG 文件。",
            "The certificate can be downloaded as PDF, PNG or SVG.",
        ),
        (
            "去掉网址中问号后面的部分再打开，用页面上的按钮下载。",
            "Open the address without what follows the question mark, and use the page's buttons.",
        ),
    ),
    "too-many-requests": (
        ("请求过多", "Too many requests"),
        (
            "现在访问的人太多，这不说明凭证有问题。",
            "Too many people ask right now. It says nothing about the certificate.",
        ),
        ("请等一分钟后刷新。", "Wait a minute and reload."),
    ),
    "unavailable": (
        ("暂时无法查询", "Not available for the moment"),
        (
            "系统暂时没有应答，这不说明凭证有问题。",
            "The system did not answer. It says nothing about the certificate.",
        ),
        ("请稍后刷新。", "Reload in a moment."),
    ),
}
START: Final[Pair] = (
    "签发、出示、分享和核验机动车检验标志的电子凭证。",
    "Issues, shows, shares and verifies the electronic certificate of the vehicle inspection mark.",
)
GONE_ADVICE: Final[Pair] = ("怎么办", "What to ask for")
