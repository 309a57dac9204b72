"""The words of how the archive stands, on the page of integrity; see `api.pages.words`."""

from collections.abc import Mapping

STANDING: Mapping[str, tuple[str, str]] = {
    "newest_verified": ("the newest verification on record,", "最近一次有记录的验证，"),
    "verified_size": ("events in the archive then", "个事件当时在归档中"),
    "verified_after": ("events since, not in it", "个事件在其后记录，不在其中"),
    "findings": ("Findings", "发现"),
    "never_verified_here": ("no verification is on record", "没有验证记录"),
    "verify_it": ("Verify it", "请验证"),
    "verifications": ("Verifications", "验证"),
    "verifications_newest": ("Verifications on record, the newest first", "有记录的验证，最新在前"),
    "verify_leaves_none": (
        "What is verified offline, as with orderproof verify, leaves no record here.",
        "离线验证（如 orderproof verify）不在此留下记录。",
    ),
    "checked": ("Checked", "检查内容"),
    "verdict": ("Verdict", "结论"),
    "others_not_drawn": ("histories that were not drawn", "未抽中的历史"),
    "as_recorded": ("whatever is not named as checked", "未列为已检查的内容"),
    "locks": ("Locks by the year in which they end", "按到期年份的锁定"),
    "locks_all": ("All sealed histories:", "全部封存的历史："),
    "locks_newest": ("Cannot tell of all; the newest sealed histories alone:",
                     "无法判断全部；仅统计最新封存的历史："),
    "locks_end": ("Kept until a day of", "保留至该年某日"),
    "locks_none": ("Nothing is sealed yet.", "尚无封存的历史。"),
    "locks_note": (
        "As sealed. What was prolonged, held, deleted or is really locked cannot be told here:",
        "按封存时的承诺。其后的延长、保留、删除及存储的实际锁定，此处无法判断：",
    ),
    "histories": ("Histories", "历史"),
    "key_active": ("in use", "使用中"),
    "key_retired": ("retired", "已停用"),
    "drawn_alone": ("of histories that were drawn, not of all", "仅限抽中的历史，并非全部"),
    "key_compromised": ("compromised", "已泄露"),
    "key_revoked": ("revoked", "已吊销"),
}  # fmt: skip
